/**
 * Channels that are opened when they are used, and again when the service has been started again.
 */
#ifndef LIB_AOS_RPC_CHANNEL_H
#define LIB_AOS_RPC_CHANNEL_H

#include <aos/aos_rpc.h>

/**
 * Takes the channel's client for one call. Opens it if need be: waits as rpc_connect() does.
 *
 * \param interface that the call is for: if it is not init's it goes from init's channel to the domain's own
 * \param chan      set to the channel that it goes over, for aos_rpc_end()
 * \return SYS_ERR_OK; RPC_ERR_INTERFACE; RPC_ERR_PEER_GONE while others still use a channel that is gone; or
 * what rpc_connect() returns
 */
errval_t aos_rpc_begin(struct aos_rpc **chan, const struct rpc_interface *interface,
                       struct rpc_client **client);

/// The call is over, with `err`. Closes a channel that is gone if this was its last user. \return `err`
errval_t aos_rpc_end(struct aos_rpc *chan, errval_t err);

#endif
