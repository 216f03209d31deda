/**
 * Binding over shared memory: a client of this core asks for a service of any core, or a client of any core
 * for a service of this one (channels.h).
 *
 * The client's monitor makes the channel and asks the service's monitor, which asks the service (binding.h)
 * and tells how it went.
 */
#ifndef INIT_REMOTE_BINDING_H
#define INIT_REMOTE_BINDING_H

#include "channels.h"

/// Once, before others.
void remote_binding_init(void);

/// What a client wants.
struct remote_wish {
    uint32_t core; ///< Or MONITOR_ANY_CORE.
    const char *service;
    uint32_t hash;
    size_t bytes; ///< Of the memory; 0: the usual.
    uint64_t quota;
    unsigned rights;           ///< MONITOR_RIGHT_*
    struct channel_end **ends; ///< List of the client's.
};

/// Begins; the client is answered with monitor_bind_ump_answer(). \return RPC_LATER, or why not
errval_t remote_bind(struct rpc_session *session, const struct remote_wish *wish);

/// A service of this core has answered, or cannot. \param end its end, which is freed if `err` says so
void remote_binding_answer(struct channel_end *end, errval_t err);

#endif
