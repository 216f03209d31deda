#include "system_names.h"

#include "monitor.h"

#include <aos/aos.h>
#include <interfaces/offers.h>
#include <stdlib.h>
#include <string.h>

/// Messages that were sent and are not taken: fewer than its ring has room for.
#define UNDER_WAY 4

/// A service on a core. It stays in the list when nobody offers it.
struct system_name {
    char service[MONITOR_NAME_BYTES];
    coreid_t core;
    domainid_t pid;  ///< 0: nobody.
    domainid_t told; ///< What the name server knows.
    struct system_name *next;
};

static struct system_name *all;

static struct {
    struct rpc_session *by; ///< NULL: there is no name server.
    struct rpc_client client;
    unsigned under_way;
} watcher;

/// \param add if there is none
static struct system_name *find(const char *service, coreid_t core, bool add)
{
    struct system_name **link = &all; // new ones come last
    while (*link && ((*link)->core != core || strcmp((*link)->service, service) != 0)) {
        link = &(*link)->next;
    }
    if (!*link && add) {
        *link = calloc(1, sizeof(**link));
        if (*link) {
            strncpy((*link)->service, service, MONITOR_NAME_BYTES - 1);
            (*link)->core = core;
        }
    }
    return *link;
}

static void send_more(void)
{
    for (struct system_name *name = all; name && watcher.by && watcher.under_way < UNDER_WAY;
         name = name->next) {
        if (name->told == name->pid) {
            continue;
        }
        errval_t err = name->pid ? offers_offered(&watcher.client, name->service, name->core, name->pid)
                                 : offers_gone(&watcher.client, name->service, name->core);
        if (err_is_ok(err)) {
            watcher.under_way++;
        } else if (err != RPC_ERR_TOO_LONG) {
            return; // it has ended, and its successor is told everything
        }
        name->told = name->pid;
    }
}

void system_names_note(const char *service, coreid_t core, domainid_t pid)
{
    struct system_name *name = find(service, core, pid != 0);
    if (name) {
        name->pid = pid;
        send_more();
    }
}

void system_names_watch(struct rpc_session *by, struct capref endpoint)
{
    if (watcher.by) {
        cap_discard(endpoint);
        return;
    }
    watcher.by = by;
    watcher.under_way = 0;
    rpc_client_send_only(&watcher.client, endpoint);
    for (struct system_name *name = all; name; name = name->next) {
        name->told = 0;
    }
    send_more();
}

void system_names_taken(const struct rpc_session *by)
{
    if (by == watcher.by && watcher.under_way) {
        watcher.under_way--;
        send_more();
    }
}

void system_names_gone(const struct rpc_session *by)
{
    if (watcher.by == by && by) {
        watcher.by = NULL;
        cap_discard(watcher.client.chan.remote_cap);
    }
}
