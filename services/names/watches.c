#include "watches.h"

#include <aos/capabilities.h>
#include <interfaces/name_events.h>
#include <interfaces/names_server.h>
#include <stdlib.h>
#include <string.h>
#include <trace/trace.h>

struct event {
    bool came;
    char name[NAME_ROOM];
};

/// Events that wait to be fetched, and who waits for one.
struct queue {
    struct rpc_call *call; ///< Of `next`, or NULL.
    unsigned first, count;
    bool has_missed; ///< There was no room.
    struct event events[NAMES_KEPT_EVENTS];
};

struct watch {
    struct links of_all;
    struct links of_client;
    struct client *client;
    struct rpc_client observer; ///< Is told,
    struct queue *queue;        ///< unless there is this.
    char prefix[NAME_ROOM];
    char filter[];
};

static struct links *all;
static unsigned count;

static errval_t create(struct client *client, const char *prefix, const char *filter, struct watch **ret)
{
    if (client->domain->watches >= NAMES_DOMAIN_WATCHES) {
        return NAMES_ERR_LIMIT;
    }
    const size_t filter_bytes = strlen(filter) + 1;
    struct watch *watch = calloc(1, sizeof(*watch) + filter_bytes);
    if (!watch) {
        return LIB_ERR_MALLOC_FAIL;
    }
    watch->client = client;
    strncpy(watch->prefix, prefix, sizeof(watch->prefix) - 1);
    memcpy(watch->filter, filter, filter_bytes);
    links_add(&all, &watch->of_all);
    links_add(&client->watches, &watch->of_client);
    client->domain->watches++;
    count++;
    *ret = watch;
    return SYS_ERR_OK;
}

errval_t watch_add(struct client *client, const char *prefix, const char *filter, struct capref endpoint)
{
    struct watch *watch;
    errval_t err = create(client, prefix, filter, &watch);
    if (err_is_ok(err)) {
        rpc_client_send_only(&watch->observer, endpoint);
    }
    return err;
}

static void answer(struct rpc_call *call, errval_t err, const struct event *event)
{
    const struct event nothing = {0};
    event = event ? event : &nothing;
    const struct rpc_bytes name = {.data = event->name, .bytes = strlen(event->name) + 1};
    names_next_answer(call, err, event->came, name);
}

/// Its call is answered after all else, as that may cut the client off.
static void drop(struct watch *watch)
{
    struct rpc_call *call = NULL;
    links_remove(&watch->of_all);
    links_remove(&watch->of_client);
    watch->client->domain->watches--;
    count--;
    if (watch->queue) {
        watch->client->followed = NULL;
        call = watch->queue->call;
        free(watch->queue);
    } else {
        cap_discard(watch->observer.chan.remote_cap);
    }
    free(watch);
    if (call) {
        answer(call, NAMES_ERR_MISSED, NULL);
    }
}

errval_t watch_follow(struct client *client, const char *prefix, const char *filter)
{
    struct queue *queue = client->followed ? NULL : calloc(1, sizeof(*queue));
    if (!queue) {
        return client->followed ? NAMES_ERR_LIMIT : LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = create(client, prefix, filter, &client->followed);
    if (err_is_fail(err)) {
        free(queue);
    } else {
        client->followed->queue = queue;
    }
    return err;
}

static void keep(struct queue *queue, const struct entry *entry, bool came)
{
    if (queue->count == NAMES_KEPT_EVENTS) {
        queue->has_missed = true;
        return;
    }
    struct event *event = &queue->events[(queue->first + queue->count++) % NAMES_KEPT_EVENTS];
    event->came = came;
    strcpy(event->name, entry->name);
}

static struct event take(struct queue *queue)
{
    const struct event event = queue->events[queue->first];
    queue->first = (queue->first + 1) % NAMES_KEPT_EVENTS;
    queue->count--;
    return event;
}

errval_t watch_next(struct rpc_session *session, bool *came, struct rpc_bytes *name)
{
    struct client *client = session->state;
    struct queue *queue = client->followed ? client->followed->queue : NULL;
    if (!queue || (queue->has_missed && queue->count == 0)) {
        watch_unfollow(client);
        return NAMES_ERR_MISSED;
    }
    if (queue->call && !rpc_call_session(queue->call)) {
        answer(queue->call, RPC_ERR_DEADLINE, NULL); // it was given up
        queue->call = NULL;
    }
    if (queue->call) {
        return NAMES_ERR_LIMIT;
    }
    if (queue->count) {
        static struct event event; // there until it is sent
        event = take(queue);
        *came = event.came;
        *name = (struct rpc_bytes){.data = event.name, .bytes = strlen(event.name) + 1};
        return SYS_ERR_OK;
    }
    queue->call = rpc_defer(session);
    return queue->call ? RPC_LATER : NAMES_ERR_LIMIT;
}

void watch_unfollow(struct client *client)
{
    if (client->followed) {
        drop(client->followed);
    }
}

static bool concerns(const struct watch *watch, const struct entry *entry)
{
    return name_has_prefix(entry->name, watch->prefix)
           && properties_match(entry->properties, entry->core, entry->pid, watch->filter);
}

void watch_tell(const struct entry *entry, bool came)
{
    struct links *next;
    for (struct links *links = all; links; links = next) {
        struct watch *watch = LINKS_OWNER(links, struct watch, of_all);
        next = links->next;
        if (!concerns(watch, entry)) {
            continue;
        }
        errval_t err = SYS_ERR_OK;
        if (watch->queue) {
            keep(watch->queue, entry, came);
        } else {
            err = came ? name_events_came(&watch->observer, entry->name)
                       : name_events_went(&watch->observer, entry->name);
        }
        trace_names_event(watch->client->domain->pid, came, err_is_fail(err));
        if (err_is_fail(err)) {
            drop(watch); // its ring is full, or it is gone
        }
    }
}

/// One that has something to tell to a call that waits, and is not given up.
static struct queue *find_ready(void)
{
    for (struct links *links = all; links; links = links->next) {
        struct queue *queue = LINKS_OWNER(links, struct watch, of_all)->queue;
        if (queue && queue->count && queue->call && rpc_call_session(queue->call)) {
            return queue;
        }
    }
    return NULL;
}

void watch_deliver(void)
{
    struct queue *queue;
    while ((queue = find_ready())) {
        struct rpc_call *call = queue->call;
        const struct event event = take(queue);
        queue->call = NULL;
        answer(call, SYS_ERR_OK, &event);
    }
}

void watch_drop_client(struct client *client)
{
    while (client->watches) {
        drop(LINKS_OWNER(client->watches, struct watch, of_client));
    }
}

unsigned watch_count(void)
{
    return count;
}
