/**
 * Who uses the service, and how much of it.
 */
#ifndef NAMES_CLIENTS_H
#define NAMES_CLIENTS_H

#include "table.h"

#include <aos/rpc_server.h>

/// A domain, as long as it has sessions: limits are for all of them together.
struct domain {
    domainid_t pid;
    unsigned sessions;
    size_t names;
    unsigned waits, watches;
    struct links links;
};

/// The state of a session.
struct client {
    struct holder holder; ///< Its names.
    struct domain *domain;
    struct links *waits;
    struct links *watches;
    struct watch *followed; ///< The one whose events are fetched, or NULL.
};

/// A client comes. \return NAMES_ERR_LIMIT if its domain has too many sessions, or LIB_ERR_MALLOC_FAIL
errval_t clients_add(domainid_t pid, struct client **client);

/// It has gone, and holds nothing any more.
void clients_remove(struct client *client);

/// How many sessions there are.
unsigned clients_count(void);

#endif
