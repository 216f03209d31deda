/**
 * Services that are offered, and clients that wait for one.
 */
#ifndef INIT_BINDING_H
#define INIT_BINDING_H

#include "monitor.h"

struct channel_end;

/// A client that asked for a service and has no answer yet.
struct binding {
    struct rpc_call *call; ///< Of a client of this core that wants a channel of this core; or NULL:
    uint32_t end;          ///< the service's end of a channel in shared memory (channels.h).
    uint32_t hash;
    struct capref reply; ///< The client's endpoint, until the service has it.
    unsigned rights;     ///< The client's, MONITOR_RIGHT_*
    domainid_t pid;
    uint64_t quota;
    char service[MONITOR_NAME_BYTES];
    uint64_t number;
    struct offer *sent_to; ///< NULL until it was sent.
    struct binding *next;
};

/// Binds as soon as possible; it is the callee's then.
void binding_begin(struct binding *binding);

/// A service has answered. \param by its session; \param endpoint the client's then, if `err` is SYS_ERR_OK.
/// \return the service's end of the channel in shared memory that it took, or NULL
struct channel_end *binding_end(struct rpc_session *by, uint64_t number, errval_t err,
                                struct capref endpoint);

/// A domain offers a service. \return RPC_ERR_NAME_TAKEN, or why there is no room; then `control` is the
/// caller's
errval_t offer_add(const char *name, uint32_t hash, struct rpc_session *by, struct capref control);

/// A domain is gone, and what it offered with it; who waits for its answer gets an error.
void offers_of_gone(struct rpc_session *by);

/// The names, one a line.
errval_t offer_list(struct rpc_bytes *list);

#endif
