#include <boot/command_line.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool parse_number(const char *text, uint64_t *value)
{
    *value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        *value = *value * 10 + (uint64_t)(*at - '0');
    }
    return at != text && at - text < 19 && (*at == 0 || *at == ' ');
}

uint64_t command_line_number(const char *command_line, const char *name, uint64_t otherwise)
{
    const size_t length = strlen(name);
    const char *word = command_line;
    while (*word != 0) {
        uint64_t value;
        if (strnlen(word, length + 1) > length && memcmp(word, name, length) == 0 && word[length] == '='
            && parse_number(word + length + 1, &value)) {
            return value;
        }
        while (*word != 0 && *word != ' ') {
            word++;
        }
        while (*word == ' ') {
            word++;
        }
    }
    return otherwise;
}
