#include "operations.h"

#include "entries.h"
#include "selection.h"
#include "waits.h"
#include "watches.h"

#include <aos/aos.h>
#include <interfaces/names_server.h>
#include <string.h>
#include <trace/trace.h>

_Static_assert(NAME_ROOM == NAMES_NAME_BYTES && PROPERTY_ROOM == NAMES_PROPERTY_BYTES, "as in names.rpc");

/// Strings of one call: three at most, with their ends.
#define CALL_BYTES_MAX (2 * NAMES_NAME_BYTES + NAMES_PROPERTY_BYTES)

static struct client *client_of(const struct rpc_session *session)
{
    return session->state;
}

/// True if it is what this session has entered before.
static bool is_same(const struct entry *entry, const struct client *client, const char *properties,
                    uint32_t instance)
{
    return entry->holder == &client->holder && strcmp(entry->properties, properties) == 0
           && entry->instance == instance;
}

static errval_t enter(struct rpc_session *session, const char *name, const char *properties,
                      uint32_t instance)
{
    struct client *client = client_of(session);
    struct domain *domain = client->domain;
    if (instance == 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (!name_is_good(name)) {
        return NAMES_ERR_NAME;
    }
    if (!properties_are_good(properties)) {
        return NAMES_ERR_PROPERTIES;
    }
    if (name_is_reserved(name)) {
        return NAMES_ERR_RESERVED;
    }
    const struct entry *entry = table_find(name);
    if (entry) {
        return is_same(entry, client, properties, instance) ? SYS_ERR_OK : NAMES_ERR_TAKEN;
    }
    if (domain->names >= NAMES_DOMAIN_NAMES || table_count() >= NAMES_ALL_NAMES) {
        return NAMES_ERR_LIMIT;
    }
    domain->names++; // before others are told, who may take the client with them
    errval_t err =
        entry_add(&client->holder, name, properties, session->pid >> PID_CORE_SHIFT, session->pid, instance);
    domain->names -= err_is_fail(err);
    return err;
}

/// The holder is a client's.
static void take_out(struct client *client, struct entry *entry)
{
    client->domain->names--; // the client may go with that
    entry_remove(entry);
}

static errval_t leave(struct rpc_session *session, const char *name)
{
    struct entry *entry = table_find(name);
    if (!entry) {
        return NAMES_ERR_NO_NAME;
    }
    if (entry->pid != session->pid || name_is_reserved(name)) {
        return NAMES_ERR_NOT_OWNER;
    }
    take_out((struct client *)entry->holder, entry); // the holder is its first member
    return SYS_ERR_OK;
}

/// \return NULL if there is none
static const struct entry *look_up(const struct rpc_session *session, const char *name, uint32_t *core,
                                   uint32_t *pid, uint32_t *instance)
{
    const struct entry *entry = table_find(name);
    trace_names_find(session->pid, entry != NULL);
    if (entry) {
        *core = entry->core;
        *pid = entry->pid;
        *instance = entry->instance;
    }
    return entry;
}

static errval_t find(struct rpc_session *session, const char *name, uint32_t *core, uint32_t *pid,
                     uint32_t *instance)
{
    return look_up(session, name, core, pid, instance) ? SYS_ERR_OK : NAMES_ERR_NO_NAME;
}

static errval_t inspect(struct rpc_session *session, const char *name, uint32_t *core, uint32_t *pid,
                        uint32_t *instance, struct rpc_bytes *properties)
{
    const struct entry *entry = look_up(session, name, core, pid, instance);
    if (!entry) {
        return NAMES_ERR_NO_NAME;
    }
    // An answer may leave when the handler has returned, but before the next one runs.
    *properties = (struct rpc_bytes){.data = entry->properties, .bytes = strlen(entry->properties) + 1};
    return SYS_ERR_OK;
}

static errval_t await(struct rpc_session *session, const char *name, uint32_t *core, uint32_t *pid,
                      uint32_t *instance)
{
    if (!name_is_good(name)) {
        return NAMES_ERR_NAME;
    }
    return look_up(session, name, core, pid, instance) ? SYS_ERR_OK : wait_begin(session, name);
}

static errval_t select_names(struct rpc_session *session, const char *prefix, const char *filter,
                             const char *after, struct rpc_bytes *entries, struct rpc_bytes *next)
{
    (void)session;
    if (!prefix_is_good(prefix) || !prefix_is_good(after)) {
        return NAMES_ERR_NAME;
    }
    return filter_is_good(filter) ? selection_make(prefix, filter, after, entries, next)
                                  : NAMES_ERR_PROPERTIES;
}

static errval_t observe(struct rpc_session *session, const char *prefix, const char *filter,
                        struct capref endpoint)
{
    errval_t err = !prefix_is_good(prefix)   ? NAMES_ERR_NAME
                   : !filter_is_good(filter) ? NAMES_ERR_PROPERTIES
                                             : watch_add(client_of(session), prefix, filter, endpoint);
    if (err_is_fail(err)) {
        cap_discard(endpoint);
    }
    return err;
}

static errval_t follow(struct rpc_session *session, const char *prefix, const char *filter)
{
    return !prefix_is_good(prefix)   ? NAMES_ERR_NAME
           : !filter_is_good(filter) ? NAMES_ERR_PROPERTIES
                                     : watch_follow(client_of(session), prefix, filter);
}

static errval_t next(struct rpc_session *session, bool *came, struct rpc_bytes *name)
{
    return watch_next(session, came, name);
}

static errval_t unfollow(struct rpc_session *session)
{
    watch_unfollow(client_of(session));
    return SYS_ERR_OK;
}

static errval_t usage(struct rpc_session *session, uint64_t *names, uint64_t *waits, uint64_t *watches,
                      uint64_t *sessions, int64_t *ram_bytes)
{
    (void)session;
    *names = table_count();
    *waits = wait_count();
    *watches = watch_count();
    *sessions = clients_count();
    *ram_bytes = (int64_t)(ram_alloc_borrowed_bytes() - ram_alloc_free_bytes() - ram_alloc_kept_bytes());
    return SYS_ERR_OK;
}

static errval_t opened(struct rpc_session *session)
{
    struct client *client;
    errval_t err = clients_add(session->pid, &client);
    if (err_is_ok(err)) {
        session->state = client;
    }
    return err;
}

static void closed(struct rpc_session *session)
{
    struct client *client = client_of(session);
    wait_drop_client(client);
    watch_drop_client(client);
    struct entry *entry;
    while ((entry = table_of(&client->holder))) {
        take_out(client, entry);
    }
    clients_remove(client);
}

static const struct names_operations operations = {
    .enter = enter,
    .leave = leave,
    .find = find,
    .await = await,
    .inspect = inspect,
    .select = select_names,
    .observe = observe,
    .follow = follow,
    .next = next,
    .unfollow = unfollow,
    .usage = usage,
};

const struct rpc_service names_service = {
    .skeleton = &names_skeleton,
    .operations = &operations,
    .opened = opened,
    .closed = closed,
    .call_bytes_max = CALL_BYTES_MAX,
};
