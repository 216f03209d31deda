#include "system.h"

#include "entries.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <aos/threads.h>
#include <interfaces/monitor.h>
#include <interfaces/names.h>
#include <interfaces/offers_server.h>
#include <stdio.h>

#define TRIES 1000 ///< To send to init, which reads its messages before it does anything else.

static struct holder holder;

/// \return false if that is no name
static bool make_name(const char *service, coreid_t core, char *name)
{
    int length = snprintf(name, NAME_ROOM, RESERVED_PREFIX "%s/%u", service, (unsigned)core);
    return length < NAME_ROOM && name_is_good(name);
}

/// init sends so many and waits for these.
static void note(void)
{
    struct rpc_client *init;
    errval_t err = rpc_init_channel(&init);
    for (unsigned i = 0; i < TRIES && err_is_ok(err); i++) {
        err = monitor_offers_noted(init);
        if (err != RPC_ERR_BUSY) {
            break;
        }
        thread_yield();
        err = SYS_ERR_OK;
    }
}

static void take_out(const char *service, uint32_t core)
{
    char name[NAME_ROOM];
    struct entry *entry = make_name(service, (coreid_t)core, name) ? table_find(name) : NULL;
    if (entry) {
        entry_remove(entry);
    }
}

static errval_t offered(struct rpc_session *session, const char *service, uint32_t core, uint32_t pid)
{
    (void)session;
    char name[NAME_ROOM];
    take_out(service, core);
    errval_t err = SYS_ERR_OK;
    if (make_name(service, (coreid_t)core, name)) {
        err = entry_add(&holder, name, "kind=system", (coreid_t)core, pid, 0);
    }
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "entering %s", name);
    }
    note();
    return SYS_ERR_OK;
}

static errval_t gone(struct rpc_session *session, const char *service, uint32_t core)
{
    (void)session;
    take_out(service, core);
    note();
    return SYS_ERR_OK;
}

static const struct offers_operations operations = {.offered = offered, .gone = gone};
static const struct rpc_service service = {.skeleton = &offers_skeleton, .operations = &operations};

errval_t system_watch(void)
{
    struct rpc_client *init;
    struct rpc_session *session;
    struct capref endpoint;
    errval_t err = rpc_init_channel(&init);
    if (err_is_ok(err)) {
        err = rpc_session_create(&service, 0, 0, NULL_CAP, &session, &endpoint);
    }
    if (err_is_ok(err)) {
        err = monitor_watch_offers(init, endpoint);
        if (err_is_fail(err)) {
            cap_discard(endpoint);
            rpc_session_cut(session);
        }
    }
    return err;
}
