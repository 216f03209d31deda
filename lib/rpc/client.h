/**
 * Calls under way, for lib/rpc.
 */
#ifndef LIB_RPC_CLIENT_H
#define LIB_RPC_CLIENT_H

#include <aos/rpc.h>
#include <rpc/wire.h>

/// Calls that one channel has under way at most, and messages that a ring holds.
#define RPC_CALLS_UNDER_WAY 8

/// A reply, as it came. Its capabilities and bytes are as the link has them.
struct rpc_incoming {
    struct lmp_message m;
    unsigned cap_count;
    union {
        struct capref caps[RPC_MAX_CAPS];
        uint64_t tokens[RPC_MAX_CAPS]; ///< Over UMP.
    };
    uint8_t *data; ///< Over UMP: its bytes, from malloc(), or NULL if there are none or `err` says why not.
    errval_t err;
};

/**
 * Sends a request and waits for the reply to it; everybody else's replies find their callers.
 *
 * \param caps that the reply brings at most
 * \param in   set if SYS_ERR_OK is returned
 * \return SYS_ERR_OK, RPC_ERR_PEER_GONE, RPC_ERR_DEADLINE, RPC_ERR_DEPTH, or why the message could not be
 * sent; then nothing that was to be given has left, but for RPC_ERR_DEADLINE and RPC_ERR_PEER_GONE, where it
 * may have
 */
errval_t rpc_exchange(struct rpc_client *client, const struct rpc_wire *wire, unsigned caps,
                      struct rpc_incoming *in);

/// Waits for the reply to a request that the domain's only thread has sent over LMP. \param m how the send
/// ended, and what came with it, if anything
errval_t lmp_link_await(struct rpc_client *client, uint64_t request, const struct lmp_message *m,
                        struct rpc_incoming *in);

/// When the calls of the calling thread end, in us; CLOCK_NEVER if it has no deadline.
static inline uint64_t rpc_deadline_us(void)
{
    return rpc_thread.has_deadline ? rpc_thread.deadline_us : CLOCK_NEVER;
}

/// True if that has come.
static inline bool rpc_is_over(void)
{
    return rpc_thread.has_deadline && clock_now_us() >= rpc_thread.deadline_us;
}

static inline bool rpc_is_reply_to(const struct lmp_message *m, uint64_t request)
{
    return rpc_header_kind(m->w0) == RPC_REPLY && rpc_header_id(m->w0) == rpc_header_id(request);
}

/// The words of a reply, and what is with them. \return the service's error if there is one; then there is
/// nothing else
static inline errval_t rpc_open_reply(const struct rpc_incoming *in, struct rpc_message *reply,
                                      size_t *stream)
{
    return rpc_unpack(&in->m, RPC_FIRST_REPLY, reply, stream) ? in->m.w1 : RPC_ERR_PROTOCOL;
}

static inline uint32_t rpc_next_id(struct rpc_client *client)
{
    return __atomic_add_fetch(&client->last_id, 1, __ATOMIC_RELAXED);
}

/// Frees what is remembered of calls that were given up.
void rpc_forget_calls(struct rpc_client *client);

/// The receiving side of a channel, and the linked endpoint for the other side, in a slot of its own.
errval_t rpc_chan_make(struct lmp_chan *chan, const struct rpc_interface *interface, struct capref *linked);

/// A message on the client's ring of one core that came into somebody else's hand: it goes to whom it is for.
void rpc_client_deliver(struct rpc_client *client, const struct lmp_message *m);

/// A reply goes to whom it is for; on an error everybody hears that none will come.
void rpc_client_take(struct rpc_client *client, errval_t err, struct rpc_incoming *in);

#endif
