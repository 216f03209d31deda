/**
 * Services by name: offering one, finding one, waiting for one, and hearing of those that come and go.
 *
 * The name server (services/names) knows the names; it is asked once for each service, and is not on the way
 * of calls. A name lasts as long as its domain, or until it is taken out. When the name server ends and is
 * started again the names of this domain are entered again by themselves; who comes first then has a name
 * that two domains want.
 *
 * A name has up to 47 printable characters and no spaces. Properties are text like "kind=disk,bus=sd", up to
 * 255 characters; `core` and `pid` are added by the name server. A filter looks the same and may ask for
 * those two; what it asks for has to be so, all of it. NULL is "" for properties, filters and prefixes.
 *
 * Every function returns SYS_ERR_OK, NAMES_ERR_*, or RPC_ERR_* if there is no name server, or the thread's
 * deadline (rpc_set_deadline()) comes first. All of them block while the name server, or the service that is
 * connected to, answers, but nothing keeps a domain that has offered a service from serving meanwhile:
 * domains may look up and call themselves, and each other in circles.
 */
#ifndef AOS_NAMES_H
#define AOS_NAMES_H

#include <aos/rpc.h>
#include <aos/rpc_server.h>
#include <interfaces/names.h>

/// Room for what a service is called at its core's monitor, with its 0.
#define NAMES_SERVICE_BYTES 48

/// What there is to know of a name.
struct names_entry {
    char name[NAMES_NAME_BYTES];
    coreid_t core;                         ///< Where its domain is,
    domainid_t pid;                        ///< which one that is,
    char service[NAMES_SERVICE_BYTES];     ///< and what the service is called at that core's monitor.
    char properties[NAMES_PROPERTY_BYTES]; ///< "" from names_lookup() and names_wait().
};

/**
 * Offers a service under a name. A service may have several. From then on the domain serves, also while none
 * of its threads is in rpc_serve() (rpc_serve_always()).
 *
 * \param service must stay; the same one is offered once, whatever names it has
 * \return also NAMES_ERR_NAME, NAMES_ERR_PROPERTIES, NAMES_ERR_TAKEN, NAMES_ERR_RESERVED, NAMES_ERR_LIMIT
 */
errval_t names_export(const char *name, const char *properties, const struct rpc_service *service);

/// Takes a name out that this domain has exported. Channels to the service stay. \return also
/// NAMES_ERR_NO_NAME
errval_t names_withdraw(const char *name);

/// Where the service of a name is. \return also NAMES_ERR_NO_NAME
errval_t names_lookup(const char *name, struct names_entry *entry);

/// The same, with the properties.
errval_t names_describe(const char *name, struct names_entry *entry);

/**
 * Waits for a name.
 *
 * \param deadline_us as in thread_sleep_until(); CLOCK_NEVER: for ever
 * \param entry       may be NULL
 * \return also RPC_ERR_DEADLINE
 */
errval_t names_wait(const char *name, uint64_t deadline_us, struct names_entry *entry);

/**
 * Opens a channel to the service of a name: a direct one, whichever core it is on.
 *
 * \param client set to what rpc_disconnect() takes
 * \return also NAMES_ERR_NO_NAME; RPC_ERR_INTERFACE if the service speaks another interface;
 * RPC_ERR_NO_SERVICE or RPC_ERR_PEER_GONE, perhaps below others, if it is just ending
 */
errval_t names_connect(const char *name, const struct rpc_interface *interface, struct rpc_client **client);

/**
 * All names that begin with a prefix and have the properties of a filter, in order. Names that come or go
 * meanwhile may be among them or not.
 *
 * \param entries set to memory from malloc(), or NULL if there are none
 */
errval_t names_list(const char *prefix, const char *filter, struct names_entry **entries, size_t *count);

enum names_event {
    NAMES_CAME,
    NAMES_WENT,
    NAMES_WATCH_ENDED, ///< Nothing more will be told: the name server has ended, or the watcher served too
                       ///< slowly.
};

struct names_watch;

/**
 * Has a function called whenever a name comes or goes that begins with a prefix and has the properties of a
 * filter. It runs where the caller serves: in rpc_serve(), rpc_serve_until() or rpc_serve_always().
 * What comes between this and a names_list() after it may be told and listed, but is not missed.
 *
 * \param told  called with `name` NULL for NAMES_WATCH_ENDED: the watch is gone after that
 * \param watch set to what names_unwatch() takes; may be NULL
 */
errval_t names_watch(const char *prefix, const char *filter,
                     void (*told)(void *context, enum names_event event, const char *name), void *context,
                     struct names_watch **watch);

/// Ends a watch. Its function is called for the last time, with NAMES_WATCH_ENDED.
void names_unwatch(struct names_watch *watch);

#endif
