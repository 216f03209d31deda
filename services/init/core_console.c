#include "core_console.h"

#include "cores.h"
#include "intermon.h"

#include <abi/syscall.h>
#include <aos/aos.h>
#include <process/announce.h>
#include <rt/console.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 256

#define TEXT_BYTES ((INTERMON_WORDS - 1) * sizeof(uint64_t)) ///< In one message, behind their number.

/// A line that is not complete.
static struct {
    char text[LINE_BYTES];
    size_t bytes;
} lines[CORES_MAX];

static void print_line(coreid_t core)
{
    printf("core %u: %.*s\n", (unsigned)core, (int)lines[core].bytes, lines[core].text);
    lines[core].bytes = 0;
}

static void handle_text(coreid_t from, const struct intermon_message *message)
{
    const char *text = (const char *)&message->word[1];
    for (size_t i = 0; from < CORES_MAX && i < message->word[0] && i < TEXT_BYTES; i++) {
        if (text[i] != '\n') {
            lines[from].text[lines[from].bytes++] = text[i];
        }
        if (text[i] == '\n' || lines[from].bytes == LINE_BYTES) {
            print_line(from);
        }
    }
}

static void handle_announce(coreid_t from, const struct intermon_message *message)
{
    domain_announce_of(from, (uint32_t)message->word[0], message->name, (domainid_t)message->word[1]);
}

void core_console_serve(void)
{
    intermon_handle(INTERMON_TEXT, handle_text);
    intermon_handle(INTERMON_ANNOUNCE, handle_announce);
}

/// To the first core, in as many messages as it takes.
static errval_t say(const char *text, size_t bytes)
{
    errval_t err = SYS_ERR_OK;
    while (bytes > 0 && err_is_ok(err)) {
        struct intermon_message message = {.kind = INTERMON_TEXT};
        const size_t some = bytes < TEXT_BYTES ? bytes : TEXT_BYTES;
        message.word[0] = some;
        memcpy(&message.word[1], text, some);
        err = intermon_send(HOME_CORE, &message);
        text += some;
        bytes -= some;
    }
    return err;
}

void core_console_use(void)
{
    console_use(say);
}

void core_announce(uint32_t dispatcher, const char *name, domainid_t pid)
{
    if (disp_get_core_id() == HOME_CORE) {
        domain_announce(dispatcher, name, pid);
        return;
    }
    struct intermon_message message = {.kind = INTERMON_ANNOUNCE, .word = {dispatcher, pid}};
    strncpy(message.name, name, sizeof(message.name) - 1);
    intermon_send(HOME_CORE, &message);
}
