/**
 * The monitor of this core: every domain's channel to init, and the binding of clients to services.
 *
 * A domain asks for a service by name; init sends the service the client's endpoint, gets back one for the
 * client, passes it on, and is out of the way. init never waits for a service: clients wait for it to answer.
 */
#ifndef INIT_MONITOR_H
#define INIT_MONITOR_H

#include <aos/rpc_server.h>

/* What a domain may do that not every domain may. */
#define MONITOR_MAY_ADOPT   1 ///< Start domains, which get channels to init.
#define MONITOR_MAY_RESERVE 2 ///< Offer a service of one of the names that are init's (services.h).
#define MONITOR_ADOPTED     4 ///< It was not init that started it: less trust.

#define MONITOR_NAME_BYTES 48

/// Prepares for other domains, and other cores. Once.
void monitor_init(void);

/**
 * A domain is going to be started: makes its channel to init.
 *
 * \param quota    that it has of the memory server, in bytes
 * \param rights   MONITOR_*
 * \param endpoint set to what the domain is to find in TASKCN_SLOT_PARENTEP, in a slot of the caller's
 */
errval_t monitor_admit(const char *name, domainid_t pid, uint64_t quota, unsigned rights,
                       struct capref *endpoint);

/// A process id that was never used before.
domainid_t monitor_new_pid(void);

/// Offers a service of init's own.
void monitor_offer(const char *name, const struct rpc_service *service);

/// True if a service of this name can be bound to now.
bool monitor_offers(const char *name);

/// A service will not come, after all: who waits for it is told.
void monitor_give_up(const char *name);

#endif
