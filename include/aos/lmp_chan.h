/**
 * Channels between two domains on one core (document C 4, document D 3.1).
 *
 * A channel is a local endpoint to receive on and a capability of the other side's endpoint to send to.
 * lmp_chan_send() and lmp_chan_recv() do not block. lmp_chan_call() and lmp_chan_reply_wait() send and wait
 * in one system call; their words stay in registers from the sender's call to the receiver's return, and
 * nothing is stored unless the message came by the ring.
 *
 * Threads may use different channels at the same time, and wait on them: the others run meanwhile. One
 * channel is used by one thread at a time. lmp_chan_reply_wait() takes messages of every endpoint, so where
 * it is used no other thread calls; a domain whose threads serve and call dispatches what it serves from a
 * waitset.
 */
#ifndef AOS_LMP_CHAN_H
#define AOS_LMP_CHAN_H

#include <aos/lmp_endpoints.h>
#include <rt/syscall.h>

#define LMP_MSG_LENGTH         LMP_MSG_WORDS ///< Words of a message.
#define LMP_RING_SLOT_WORDS    (sizeof(struct lmp_slot) / sizeof(uint64_t))
#define DEFAULT_LMP_BUF_WORDS  (8 * LMP_RING_SLOT_WORDS) ///< Room for eight messages.
#define LMP_SEND_FLAGS_DEFAULT (LMP_FLAG_SYNC | LMP_FLAG_YIELD)

struct lmp_chan {
    struct capref local_cap;  ///< The local endpoint, for giving to the other side.
    struct capref remote_cap; ///< The other side's endpoint.
    struct lmp_endpoint *endpoint;
    uint64_t call_target;  ///< x1 of SYS_LMP: send to the remote endpoint, wait for the local one.
    uint64_t reply_target; ///< x1 of SYS_LMP: send to the remote endpoint, wait for any.
};

struct lmp_recv_msg {
    struct {
        size_t buflen; ///< Room in `words`.
        size_t msglen; ///< Words that came.
    } buf;
    uintptr_t words[LMP_MSG_LENGTH];
};

#define LMP_RECV_MSG_INIT ((struct lmp_recv_msg){.buf = {.buflen = LMP_MSG_LENGTH}})

/// True for the errors of a send that may succeed later: the receiver has to take messages, or to make room
/// for a capability.
static inline bool lmp_err_is_transient(errval_t err)
{
    return err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW || err_no(err) == SYS_ERR_LMP_CAP_NO_SLOT;
}

/**
 * Sets a channel up: makes a local endpoint, and sends to `remote`.
 *
 * \param buflen_words room for messages, in words: LMP_RING_SLOT_WORDS for each, rounded up to a power of two
 *                     of messages
 * \param remote       the other side's endpoint, or NULL_CAP if it is not known yet (lmp_chan_set_remote)
 * \return SYS_ERR_OK, or LIB_ERR_LMP_CHAN_INIT on top of the reason
 */
errval_t lmp_chan_accept(struct lmp_chan *lc, size_t buflen_words, struct capref remote);

/**
 * Sets a channel up whose other side can be told apart: makes a local endpoint and a linked capability of it,
 * which cannot be copied. When that is deleted, wherever it is, this side learns it (LIB_ERR_LMP_PEER_GONE).
 *
 * \param linked     set to the linked capability, in a slot of the caller's: to be given away
 */
errval_t lmp_chan_accept_linked(struct lmp_chan *lc, size_t buflen_words, struct capref *linked);

/// The same with an area for bytes; \param area_bytes see lmp_endpoint_create_with_area()
errval_t lmp_chan_accept_linked_with_area(struct lmp_chan *lc, size_t buflen_words, size_t area_bytes,
                                          struct capref *linked);

/// Says whom the channel sends to.
void lmp_chan_set_remote(struct lmp_chan *lc, struct capref remote);

/// Deletes all capabilities of the local endpoint, wherever they are, and its ring, with what came and was
/// not taken; and the reference to the remote one.
void lmp_chan_destroy(struct lmp_chan *lc);

/**
 * Sends a message.
 *
 * \param flags    LMP_SEND_FLAGS_DEFAULT, or LMP_FLAG_*; with LMP_FLAG_GIVE the capability leaves this CSpace
 * \param send_cap capability that goes along, or NULL_CAP
 * \param words    how many of w0 to w7 are sent
 * \return SYS_ERR_OK, or the kernel's reason; see lmp_err_is_transient()
 */
errval_t lmp_chan_send(struct lmp_chan *lc, unsigned flags, struct capref send_cap, unsigned words,
                       uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                       uint64_t w6, uint64_t w7);

#define lmp_chan_send0(lc, flags, cap)                lmp_chan_send(lc, flags, cap, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define lmp_chan_send1(lc, flags, cap, a)             lmp_chan_send(lc, flags, cap, 1, a, 0, 0, 0, 0, 0, 0, 0)
#define lmp_chan_send2(lc, flags, cap, a, b)          lmp_chan_send(lc, flags, cap, 2, a, b, 0, 0, 0, 0, 0, 0)
#define lmp_chan_send3(lc, flags, cap, a, b, c)       lmp_chan_send(lc, flags, cap, 3, a, b, c, 0, 0, 0, 0, 0)
#define lmp_chan_send4(lc, flags, cap, a, b, c, d)    lmp_chan_send(lc, flags, cap, 4, a, b, c, d, 0, 0, 0, 0)
#define lmp_chan_send5(lc, flags, cap, a, b, c, d, e) lmp_chan_send(lc, flags, cap, 5, a, b, c, d, e, 0, 0, 0)
#define lmp_chan_send6(lc, flags, cap, a, b, c, d, e, f) \
    lmp_chan_send(lc, flags, cap, 6, a, b, c, d, e, f, 0, 0)
#define lmp_chan_send7(lc, flags, cap, a, b, c, d, e, f, g) \
    lmp_chan_send(lc, flags, cap, 7, a, b, c, d, e, f, g, 0)
#define lmp_chan_send8(lc, flags, cap, a, b, c, d, e, f, g, h) \
    lmp_chan_send(lc, flags, cap, 8, a, b, c, d, e, f, g, h)

/**
 * Takes a message, if one came.
 *
 * \param cap the capability that came along, in the slot that the channel had for it, or NULL_CAP; the slot
 *            is the caller's then. With NULL a capability that comes is deleted and its slot used again, and
 *            so are all that come behind the first.
 * \return SYS_ERR_OK, LIB_ERR_NO_LMP_MSG, or LIB_ERR_LMP_PEER_GONE if none will come
 */
errval_t lmp_chan_recv(struct lmp_chan *lc, struct lmp_recv_msg *msg, struct capref *cap);

/// True if a message waits.
bool lmp_chan_can_recv(const struct lmp_chan *lc);

/// Runs a closure once, when a message has come or the other side has gone. \return SYS_ERR_OK or
/// LIB_ERR_CHAN_ALREADY_REGISTERED
errval_t lmp_chan_register_recv(struct lmp_chan *lc, struct waitset *ws, struct event_closure closure);

/// Takes the closure back. \return SYS_ERR_OK or LIB_ERR_CHAN_NOT_REGISTERED
errval_t lmp_chan_deregister_recv(struct lmp_chan *lc);

/// Allocates a slot for a capability that comes, behind those that are there.
errval_t lmp_chan_alloc_recv_slot(struct lmp_chan *lc);

/// lmp_endpoint_add_recv_slot(). The slot is the channel's, which frees it in the end, until a capability
/// that came into it has been taken.
errval_t lmp_chan_add_recv_slot(struct lmp_chan *lc, struct capref slot);

/// The same for a caller who knows that there is room. NULL_CAP takes all slots back that are still empty.
void lmp_chan_set_recv_slot(struct lmp_chan *lc, struct capref slot);

/// How many receive slots are ready.
unsigned lmp_chan_recv_slots(const struct lmp_chan *lc);

/**
 * The part of a call that registers cannot do: `err` is how SYS_LMP ended. Takes the message from the ring,
 * or goes on waiting for it. `err` of the result is LIB_ERR_LMP_PEER_GONE if none is there and the other side
 * has gone.
 */
struct lmp_message lmp_chan_wait(struct lmp_chan *lc, errval_t err);

/// The same, but its `err` is LIB_ERR_TIMEOUT if the system counter is at `until` before a message has come.
struct lmp_message lmp_chan_wait_until(struct lmp_chan *lc, errval_t err, uint64_t until);

/// The same as lmp_chan_wait() for a wait for any endpoint; see lmp_endpoints_take_any().
struct lmp_message lmp_chan_wait_any(errval_t err);

/**
 * The same, but also over when the dispatcher has had other news than `since` counted (threads_begin_look()),
 * of whatever kind: then `header` of the result is 0, and `err` is SYS_ERR_OK.
 */
struct lmp_message lmp_chan_wait_any_since(uint32_t since);

/**
 * Sends `words` words and waits for the next message on the channel's own endpoint, which must have none
 * waiting.
 *
 * \param words a constant; arguments beyond it must be 0, for the receiver may see them
 * \return the answer. If its `err` says that the send failed, nothing was waited for
 */
static inline __attribute__((always_inline)) struct lmp_message lmp_chan_call(
    struct lmp_chan *lc, unsigned words, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
    uint64_t w5, uint64_t w6, uint64_t w7)
{
    struct lmp_message m = sys_lmp(SYS_LMP | (uint64_t)words << LMP_COUNT_SHIFT, lc->call_target, w0, w1, w2,
                                   w3, w4, w5, w6, w7);
    if (__builtin_expect(m.err != SYS_ERR_OK || m.header == 0, 0)) {
        m = lmp_chan_wait(lc, m.err);
    }
    return m;
}

/**
 * Sends `words` words and waits for the next message on any endpoint of the dispatcher.
 *
 * \return the message; lmp_header_endpoint() tells which endpoint it came to. If its `err` says that the send
 * failed, nothing was waited for
 */
static inline __attribute__((always_inline)) struct lmp_message lmp_chan_reply_wait(
    struct lmp_chan *lc, unsigned words, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4,
    uint64_t w5, uint64_t w6, uint64_t w7)
{
    struct lmp_message m = sys_lmp(SYS_LMP | (uint64_t)words << LMP_COUNT_SHIFT, lc->reply_target, w0, w1, w2,
                                   w3, w4, w5, w6, w7);
    if (__builtin_expect(m.err != SYS_ERR_OK || m.header == 0, 0)) {
        m = lmp_chan_wait_any(m.err);
    }
    return m;
}

/**
 * lmp_chan_call() with a capability.
 *
 * \param flags LMP_FLAG_GIVE if the capability leaves this CSpace, else 0
 * \param words at most 4
 * \return the answer; lmp_endpoint_take_caps() says where its capabilities are
 */
static inline __attribute__((always_inline)) struct lmp_message lmp_chan_call_cap(
    struct lmp_chan *lc, unsigned flags, struct capref cap, unsigned words, uint64_t w0, uint64_t w1,
    uint64_t w2, uint64_t w3)
{
    struct lmp_message m = sys_lmp_cap(SYS_LMP | flags | (uint64_t)words << LMP_COUNT_SHIFT, lc->call_target,
                                       get_cap_addr(cap), w0, w1, w2, w3, 0, 0, 0, 0);
    if (__builtin_expect(m.err != SYS_ERR_OK || m.header == 0, 0)) {
        m = lmp_chan_wait(lc, m.err);
    }
    return m;
}

/**
 * lmp_chan_reply_wait() with a capability.
 *
 * \param flags LMP_FLAG_GIVE if the capability leaves this CSpace, else 0
 * \param words at most 4
 */
static inline __attribute__((always_inline)) struct lmp_message lmp_chan_reply_wait_cap(
    struct lmp_chan *lc, unsigned flags, struct capref cap, unsigned words, uint64_t w0, uint64_t w1,
    uint64_t w2, uint64_t w3)
{
    struct lmp_message m = sys_lmp_cap(SYS_LMP | flags | (uint64_t)words << LMP_COUNT_SHIFT, lc->reply_target,
                                       get_cap_addr(cap), w0, w1, w2, w3, 0, 0, 0, 0);
    if (__builtin_expect(m.err != SYS_ERR_OK || m.header == 0, 0)) {
        m = lmp_chan_wait_any(m.err);
    }
    return m;
}

#endif
