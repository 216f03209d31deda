#include "intermon.h"

#include <aos/aos.h>
#include <stdlib.h>

struct queued {
    struct intermon_message message;
    struct queued *next;
};

static struct {
    intermon_handler_t handlers[INTERMON_KINDS];
    struct queued *own, **last_own; ///< Messages of this monitor to itself.
    bool is_handling_own;
} intermon = {.last_own = &intermon.own};

void intermon_handle(enum intermon_kind kind, intermon_handler_t handler)
{
    intermon.handlers[kind] = handler;
}

static void handle(coreid_t from, const struct intermon_message *message)
{
    if (message->kind < INTERMON_KINDS && intermon.handlers[message->kind]) {
        intermon.handlers[message->kind](from, message);
    }
}

/// One after the other: what a handler sends to itself is handled when it has returned.
static void handle_own(void)
{
    if (intermon.is_handling_own) {
        return;
    }
    intermon.is_handling_own = true;
    while (intermon.own) {
        struct queued *queued = intermon.own;
        intermon.own = queued->next;
        if (!intermon.own) {
            intermon.last_own = &intermon.own;
        }
        handle(disp_get_core_id(), &queued->message);
        free(queued);
    }
    intermon.is_handling_own = false;
}

errval_t intermon_send(coreid_t core, const struct intermon_message *message)
{
    if (core != disp_get_core_id()) {
        return MON_ERR_NO_CORE;
    }
    struct queued *queued = malloc(sizeof(*queued));
    if (!queued) {
        return LIB_ERR_MALLOC_FAIL;
    }
    queued->message = *message;
    queued->next = NULL;
    *intermon.last_own = queued;
    intermon.last_own = &queued->next;
    handle_own();
    return SYS_ERR_OK;
}
