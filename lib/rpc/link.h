/**
 * How a channel moves whole messages: over LMP on one core, over UMP across cores. The choice is made when a
 * channel is opened; what is above (calls under way, deadlines, threads, sessions, generated stubs) does not
 * know it. Only the straight ways do: a call of numbers whose caller is its domain's only thread
 * (rpc/call_inline.h), and the loop of a server.
 */
#ifndef LIB_RPC_LINK_H
#define LIB_RPC_LINK_H

#include <rpc/client.h>
#include <rpc/session.h>
#include <rpc/wire.h>

struct rpc_link {
    /* The client's side. */

    /// Carries a call out, its capabilities and bytes included: what of the capabilities was to be given and
    /// still is there the caller deletes. The rest as in rpc_call().
    errval_t (*call)(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                     bool may_bytes, unsigned caps, struct rpc_message *reply);
    /// Sends what has no reply, or RPC_ERR_BUSY: nothing is waited for.
    errval_t (*notify)(struct rpc_client *client, struct rpc_message *message, struct rpc_wire *wire);
    /// The only thread of the domain sends a request and waits for its reply.
    errval_t (*exchange_alone)(struct rpc_client *client, const struct rpc_wire *wire, unsigned caps,
                               struct rpc_incoming *in);
    /// Sees to it that so many capabilities of replies find room.
    errval_t (*provide)(struct rpc_client *client, unsigned caps);
    /// Sends a request. \return RPC_ERR_BUSY: try again
    errval_t (*send)(struct rpc_client *client, const struct rpc_wire *wire);
    /// Waits for a reply, to whomever. Only one thread at a time. \param until of the system counter \return
    /// SYS_ERR_OK, LIB_ERR_TIMEOUT, or why none will come
    errval_t (*receive)(struct rpc_client *client, uint64_t until, struct rpc_incoming *in);
    /// A reply that nobody waits for, or wants.
    void (*drop)(struct rpc_client *client, struct rpc_incoming *in);
    void (*close)(struct rpc_client *client);

    /* The service's side, with the baton. */

    /// session_reply(). \param at_once when this returns it was sent, or the session is cut
    void (*reply)(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                  bool at_once);
    void (*end)(struct rpc_session *session);
};

extern const struct rpc_link rpc_link_lmp;

#endif
