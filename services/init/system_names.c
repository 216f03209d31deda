#include "system_names.h"

#include "attendance.h"
#include "cores.h"
#include "intermon.h"
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

/// \return false if no more can be sent now
static bool tell_service(struct system_name *name)
{
    if (!watcher.by || watcher.under_way == UNDER_WAY) {
        return false;
    }
    errval_t err = name->pid ? offers_offered(&watcher.client, name->service, name->core, name->pid)
                             : offers_gone(&watcher.client, name->service, name->core);
    watcher.under_way += err_is_ok(err);
    // If it has ended its successor is told everything.
    return err_is_ok(err) || err == RPC_ERR_TOO_LONG;
}

/// \return false if the first core's monitor does not run yet
static bool tell_home(const struct system_name *name)
{
    struct intermon_message message = {.kind = INTERMON_OFFER, .words = 1, .word = {name->pid}};
    _Static_assert(sizeof(message.name) >= sizeof(name->service), "a name fits");
    strcpy(message.name, name->service);
    return err_is_ok(intermon_send(HOME_CORE, &message));
}

static void send_more(void)
{
    const bool is_home = disp_get_core_id() == HOME_CORE;
    for (struct system_name *name = all; name; name = name->next) {
        if (name->told == name->pid) {
            continue;
        }
        if (!(is_home ? tell_service(name) : tell_home(name))) {
            return;
        }
        name->told = name->pid;
    }
}

static void note(const char *service, coreid_t core, domainid_t pid)
{
    struct system_name *name = find(service, core, pid != 0);
    if (!name) {
        return;
    }
    name->pid = pid;
    send_more();
    if (pid == 0 && core == HOME_CORE && disp_get_core_id() == HOME_CORE && strcmp(service, "names") == 0) {
        attendance_end();
    }
}

void system_names_note(const char *service, domainid_t pid)
{
    note(service, disp_get_core_id(), pid);
}

static void handle_offer(coreid_t from, const struct intermon_message *message)
{
    note(message->name, from, (domainid_t)message->word[0]);
}

static void note_hello(coreid_t core)
{
    if (core == HOME_CORE) {
        send_more();
    }
}

void system_names_init(void)
{
    if (disp_get_core_id() == HOME_CORE) {
        intermon_handle(INTERMON_OFFER, handle_offer);
    } else {
        intermon_on_hello(note_hello);
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
