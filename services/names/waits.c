#include "waits.h"

#include <interfaces/names_server.h>
#include <stdlib.h>
#include <string.h>
#include <trace/trace.h>

#define BUCKETS 256

struct wait {
    struct links of_name; ///< Among those in its bucket.
    struct links of_client;
    struct client *client;
    struct rpc_call *call;
    char name[NAME_ROOM];
};

static struct links *buckets[BUCKETS];
static unsigned count;

static struct links **bucket_of(const char *name)
{
    uint32_t hash = 2166136261U; // FNV-1a
    for (; *name; name++) {
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    }
    return &buckets[hash % BUCKETS];
}

/// Takes it out of its lists. Answering may cut a client off, which takes others out.
static void detach(struct wait *wait)
{
    links_remove(&wait->of_name);
    links_remove(&wait->of_client);
    wait->client->domain->waits--;
    count--;
}

/// Of a wait that is in no list.
static void finish(struct wait *wait, errval_t err, uint32_t core, uint32_t pid, uint32_t instance)
{
    names_await_answer(wait->call, err, core, pid, instance);
    free(wait);
}

/// Calls that were given up are answered already, and only kept here.
static void drop_given_up(struct client *client)
{
    struct links *next;
    for (struct links *links = client->waits; links; links = next) {
        struct wait *wait = LINKS_OWNER(links, struct wait, of_client);
        next = links->next;
        if (!rpc_call_session(wait->call)) {
            detach(wait);
            finish(wait, RPC_ERR_DEADLINE, 0, 0, 0);
        }
    }
}

errval_t wait_begin(struct rpc_session *session, const char *name)
{
    struct client *client = session->state;
    drop_given_up(client);
    if (client->domain->waits >= NAMES_DOMAIN_WAITS) {
        return NAMES_ERR_LIMIT;
    }
    struct wait *wait = calloc(1, sizeof(*wait));
    if (!wait) {
        return LIB_ERR_MALLOC_FAIL;
    }
    wait->call = rpc_defer(session);
    if (!wait->call) {
        free(wait);
        return NAMES_ERR_LIMIT;
    }
    wait->client = client;
    strncpy(wait->name, name, sizeof(wait->name) - 1);
    links_add(bucket_of(name), &wait->of_name);
    links_add(&client->waits, &wait->of_client);
    client->domain->waits++;
    count++;
    trace_names_wait(client->domain->pid, count);
    return RPC_LATER;
}

static struct wait *find(struct links *bucket, const char *name)
{
    for (struct links *links = bucket; links; links = links->next) {
        struct wait *wait = LINKS_OWNER(links, struct wait, of_name);
        if (strcmp(wait->name, name) == 0) {
            return wait;
        }
    }
    return NULL;
}

void wait_tell(const struct entry *entry)
{
    char name[NAME_ROOM];
    struct links **bucket = bucket_of(entry->name);
    struct wait *wait = find(*bucket, entry->name);
    if (!wait) {
        return;
    }
    const coreid_t core = entry->core;
    const domainid_t pid = entry->pid;
    const uint32_t instance = entry->instance;
    strcpy(name, entry->name);
    for (; wait; wait = find(*bucket, name)) {
        detach(wait);
        finish(wait, SYS_ERR_OK, core, pid, instance);
    }
}

void wait_drop_client(struct client *client)
{
    while (client->waits) {
        struct wait *wait = LINKS_OWNER(client->waits, struct wait, of_client);
        detach(wait);
        finish(wait, RPC_ERR_PEER_GONE, 0, 0, 0);
    }
}

unsigned wait_count(void)
{
    return count;
}
