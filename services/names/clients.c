#include "clients.h"

#include <interfaces/names.h>
#include <stdlib.h>

#define BUCKETS 256

static struct links *domains[BUCKETS];
static unsigned count;

static struct domain *find(domainid_t pid)
{
    for (struct links *links = domains[pid % BUCKETS]; links; links = links->next) {
        struct domain *domain = LINKS_OWNER(links, struct domain, links);
        if (domain->pid == pid) {
            return domain;
        }
    }
    return NULL;
}

static struct domain *find_or_add(domainid_t pid)
{
    struct domain *domain = find(pid);
    if (!domain) {
        domain = calloc(1, sizeof(*domain));
        if (domain) {
            domain->pid = pid;
            links_add(&domains[pid % BUCKETS], &domain->links);
        }
    }
    return domain;
}

static void leave(struct domain *domain)
{
    if (domain->sessions == 0) {
        links_remove(&domain->links);
        free(domain);
    }
}

errval_t clients_add(domainid_t pid, struct client **ret)
{
    struct domain *domain = find_or_add(pid);
    if (!domain) {
        return LIB_ERR_MALLOC_FAIL;
    }
    if (domain->sessions >= NAMES_DOMAIN_SESSIONS) {
        return NAMES_ERR_LIMIT;
    }
    struct client *client = calloc(1, sizeof(*client));
    if (!client) {
        leave(domain);
        return LIB_ERR_MALLOC_FAIL;
    }
    client->domain = domain;
    domain->sessions++;
    count++;
    *ret = client;
    return SYS_ERR_OK;
}

void clients_remove(struct client *client)
{
    client->domain->sessions--;
    leave(client->domain);
    free(client);
    count--;
}

unsigned clients_count(void)
{
    return count;
}
