#include "command_line.h"

#include <stdlib.h>
#include <string.h>

/// Keys that the kernel reads.
static const char *const kernel_keys[] = {"slice_us", "reset", "core_fails", "core_panics"};

static bool read_mode(struct command_line *line, const char *value)
{
    static const char *const names[] = {
        [INIT_MODE_RUN] = "run",
        [INIT_MODE_BENCH] = "bench",
        [INIT_MODE_TEST] = "test",
    };
    for (unsigned mode = 0; mode < sizeof(names) / sizeof(names[0]); mode++) {
        if (strcmp(value, names[mode]) == 0) {
            line->mode = (enum init_mode)mode;
            return true;
        }
    }
    return false;
}

static bool is_number(const char *value)
{
    size_t digits = strspn(value, "0123456789");
    return digits > 0 && digits < 10 && value[digits] == 0;
}

static bool is_kernel_key(const char *key)
{
    for (size_t i = 0; i < sizeof(kernel_keys) / sizeof(kernel_keys[0]); i++) {
        if (strcmp(key, kernel_keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_word(struct command_line *line, const char *key, const char *value)
{
    if (strcmp(key, "mode") == 0) {
        return read_mode(line, value);
    }
    if (strcmp(key, "suites") == 0) {
        line->suites = value;
    } else if (strcmp(key, "samples") == 0 && is_number(value)) {
        line->samples = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "fault") == 0) {
        line->fault = value;
    } else if (strcmp(key, "slow") == 0) {
        line->slow = value;
    } else if (strcmp(key, "test") == 0) {
        line->test = value;
    } else if (strcmp(key, "seed") == 0 && is_number(value)) {
        line->seed = value;
    } else if (strcmp(key, "check") == 0 && is_number(value)) {
        line->check = value;
    } else if (strcmp(key, "how") == 0) {
        line->how = value;
    } else if (strcmp(key, "calls") == 0 && is_number(value)) {
        line->calls = value;
    } else if (strcmp(key, "cores") == 0 && is_number(value)) {
        line->cores = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "services") == 0 && is_number(value)) {
        line->services = strtoul(value, NULL, 10) != 0;
    } else {
        return is_kernel_key(key);
    }
    return true;
}

errval_t command_line_read(const char *text, size_t bytes, struct command_line *line, const char **bad_word)
{
    *line = (struct command_line){.mode = INIT_MODE_RUN, .suites = "all"};
    size_t length = strnlen(text, bytes < COMMAND_LINE_BYTES ? bytes : COMMAND_LINE_BYTES - 1);
    memcpy(line->text, text, length);
    line->text[length] = 0;
    char *rest;
    for (char *word = strtok_r(line->text, " \t\r\n", &rest); word; word = strtok_r(NULL, " \t\r\n", &rest)) {
        char *equals = strchr(word, '=');
        if (equals) {
            *equals = 0;
        }
        if (!equals || !read_word(line, word, equals + 1)) {
            if (equals) {
                *equals = '=';
            }
            *bad_word = word;
            return INIT_ERR_COMMAND_LINE;
        }
    }
    return SYS_ERR_OK;
}
