#include "watches.h"

#include <aos/capabilities.h>
#include <interfaces/name_events.h>
#include <interfaces/names.h>
#include <stdlib.h>
#include <string.h>
#include <trace/trace.h>

struct watch {
    struct links of_all;
    struct links of_client;
    struct client *client;
    struct rpc_client observer;
    char prefix[NAME_ROOM];
    char filter[];
};

static struct links *all;
static unsigned count;

errval_t watch_add(struct client *client, const char *prefix, const char *filter, struct capref endpoint)
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
    rpc_client_send_only(&watch->observer, endpoint);
    links_add(&all, &watch->of_all);
    links_add(&client->watches, &watch->of_client);
    client->domain->watches++;
    count++;
    return SYS_ERR_OK;
}

static void drop(struct watch *watch)
{
    links_remove(&watch->of_all);
    links_remove(&watch->of_client);
    watch->client->domain->watches--;
    count--;
    cap_discard(watch->observer.chan.remote_cap);
    free(watch);
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
        const errval_t err = came ? name_events_came(&watch->observer, entry->name)
                                  : name_events_went(&watch->observer, entry->name);
        trace_names_event(watch->client->domain->pid, came, err_is_fail(err));
        if (err_is_fail(err)) {
            drop(watch); // its ring is full, or it is gone
        }
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
