#include "started.h"

#include "children.h"
#include "monitor.h"

#include <aos/aos.h>
#include <interfaces/test_server.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX           16
#define SERVER_RAM_BYTES        0x2000000UL ///< Who gets so much may have many clients,
#define SERVER_DISPATCHER_BYTES 0x400000UL  ///< and room for their rings.

struct started {
    struct child child;
    char name[MONITOR_NAME_BYTES];
    struct rpc_call *waiting; ///< Who waits for its end.
    struct started *next;
};

static struct started *all;

static struct started *find(domainid_t pid)
{
    struct started *started = all;
    while (started && started->child.pid != pid) {
        started = started->next;
    }
    return started;
}

static void forget(struct started *started)
{
    struct started **link = &all;
    while (*link != started) {
        link = &(*link)->next;
    }
    *link = started->next;
    child_destroy(&started->child);
    free(started);
}

static void note_end(struct child *child)
{
    struct started *started = child->context;
    struct rpc_call *waiting = started->waiting;
    if (waiting) {
        const struct child_end end = child->end;
        forget(started);
        test_wait_answer(waiting, SYS_ERR_OK, end.reason, end.address);
    }
}

/// \return how many words there are; the last entry is NULL
static unsigned split(char *text, const char **words)
{
    unsigned count = 0;
    char *rest;
    for (char *word = strtok_r(text, " ", &rest); word && count < ARGUMENTS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        words[count++] = word;
    }
    words[count] = NULL;
    return count;
}

static errval_t start(char *text, uint64_t ram_bytes, struct started **ret)
{
    const char *argv[ARGUMENTS_MAX + 1];
    struct started *started = split(text, argv) ? calloc(1, sizeof(*started)) : NULL;
    if (!started) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    struct spawn_request request = {
        .argv = argv,
        .ram_bytes = ram_bytes,
        .dispatcher_bytes = ram_bytes >= SERVER_RAM_BYTES ? SERVER_DISPATCHER_BYTES : 0,
        .console = true,
    };
    strncpy(started->name, argv[0], sizeof(started->name) - 1);
    started->child = (struct child){.name = started->name, .context = started, .on_end = note_end};
    errval_t err = child_start(&started->child, &request);
    if (err_is_fail(err)) {
        free(started);
        return err;
    }
    started->next = all;
    all = started;
    *ret = started;
    return SYS_ERR_OK;
}

errval_t started_start(struct rpc_session *session, const char *arguments, uint64_t ram_bytes, uint32_t *pid)
{
    (void)session;
    struct started *started;
    char *text = strdup(arguments);
    if (!text) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = start(text, ram_bytes, &started);
    free(text);
    if (err_is_ok(err)) {
        *pid = started->child.pid;
    }
    return err;
}

errval_t started_kill(struct rpc_session *session, uint32_t pid)
{
    (void)session;
    struct started *started = find(pid);
    return started ? child_kill(&started->child) : RPC_ERR_NOT_ALLOWED;
}

errval_t started_wait(struct rpc_session *session, uint32_t pid, uint32_t *reason, uint64_t *value)
{
    struct started *started = find(pid);
    if (!started || started->waiting) {
        return RPC_ERR_NOT_ALLOWED;
    }
    if (started->child.ended) {
        *reason = started->child.end.reason;
        *value = started->child.end.address;
        forget(started);
        return SYS_ERR_OK;
    }
    started->waiting = rpc_defer(session);
    return started->waiting ? RPC_LATER : LIB_ERR_MALLOC_FAIL;
}
