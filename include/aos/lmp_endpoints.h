/**
 * Receiving ends of messages on one core: an EndPoint capability with its ring in the dispatcher frame
 * (document C 3, document D 3.1).
 */
#ifndef AOS_LMP_ENDPOINTS_H
#define AOS_LMP_ENDPOINTS_H

#include <abi/dispatcher.h>
#include <abi/errno.h>
#include <aos/caddr.h>
#include <aos/lmp_message.h>
#include <aos/waitset.h>

struct rpc_client;
struct rpc_session;

struct lmp_endpoint {
    struct lmp_ring *ring; ///< In the dispatcher frame.
    uint32_t offset;       ///< Of the ring in the dispatcher frame; never 0.
    uint32_t slots;        ///< Of the ring; a power of two.
    uint32_t area_bytes;   ///< Of its area for bytes, behind the ring.
    uint32_t gone_seen;  ///< How often lmp_endpoints_take_any() or lmp_chan_recv() has said that it is gone.
    uint32_t caps_taken; ///< Capabilities that lmp_endpoint_take_caps() has given out.
    uint32_t waiting;    ///< Threads that wait for it alone.
    bool is_private;     ///< See lmp_endpoint_set_private().
    struct rpc_session *session; ///< Its messages are calls of this session's client; or NULL.
    struct rpc_client *client;   ///< Its messages are replies to calls over this channel; or NULL.
    struct lmp_message early;    ///< What was handed over in a wait for any; header 0: nothing.
    struct waitset_chanstate waitset_state;
    struct lmp_endpoint *next_early;          ///< Among those with such a message.
    struct lmp_endpoint *next, *previous;     ///< All endpoints of the dispatcher.
    struct capref recv_slots[LMP_RECV_SLOTS]; ///< The ring's receive slots, as this library names them.
};

/**
 * Makes an endpoint: a ring for `slots` messages, and the capability to send to it.
 *
 * \param slots a power of two, at most 256
 * \param dest  empty slot for the capability, of the own CSpace
 * \return SYS_ERR_OK, or LIB_ERR_LMP_ENDPOINT_CREATE on top of LIB_ERR_LMP_ALLOC_NO_SPACE or the kernel's
 * reason
 */
errval_t lmp_endpoint_create_in_slot(size_t slots, struct capref dest, struct lmp_endpoint **retep);

/// The same with an area for bytes that senders send along. \param area_bytes a multiple of LMP_AREA_ALIGN,
/// at most LMP_AREA_MAX_BYTES; 0: no area
errval_t lmp_endpoint_create_with_area(size_t slots, size_t area_bytes, struct capref dest,
                                       struct lmp_endpoint **retep);

/**
 * Gives the ring back, empty. Every copy of the endpoint's capability must be gone: a message that comes
 * later would go to whoever has the ring then.
 */
void lmp_endpoint_free(struct lmp_endpoint *ep);

/// Takes the next message if there is one. \return false if not
bool lmp_endpoint_take(struct lmp_endpoint *ep, struct lmp_message *message);

/// True if a message waits.
bool lmp_endpoint_can_recv(const struct lmp_endpoint *ep);

/// How many linked capabilities of the endpoint have been deleted: with the only one its sender is gone for
/// good.
uint32_t lmp_endpoint_gone(const struct lmp_endpoint *ep);

/// True if there is something for a thread that waits for this endpoint: a message, or the peer's end.
bool lmp_endpoint_has_news(const struct lmp_endpoint *ep);

/**
 * Keeps the endpoint's messages from lmp_endpoints_take_any(): only who names the endpoint gets them. While a
 * thread waits for the endpoint alone that is so anyway.
 */
void lmp_endpoint_set_private(struct lmp_endpoint *ep, bool is_private);

/**
 * Puts a message back that SYS_LMP handed to a thread that waited for any, and that is not for that thread:
 * the next that is taken from the endpoint is this one. Whoever waits for it is woken.
 *
 * \return false if the endpoint has one put back already, or is unknown; then the message stays the caller's
 */
bool lmp_endpoint_put_back(const struct lmp_message *message);

/* Receive slots: where capabilities go that come along. They are used in the order in which they were added.
 */

/// Adds one. \param slot empty slot of an L2CNode of the own CSpace \return LIB_ERR_LMP_RECV_SLOTS if there
/// are LMP_RECV_SLOTS already, counting those whose capabilities were not taken yet
errval_t lmp_endpoint_add_recv_slot(struct lmp_endpoint *ep, struct capref slot);

/// Takes back all that are still empty; they are the caller's, who knows them.
void lmp_endpoint_take_recv_slots_back(struct lmp_endpoint *ep);

/// How many are ready for capabilities that will come.
unsigned lmp_endpoint_recv_slots(const struct lmp_endpoint *ep);

/**
 * Tells where the capabilities of a message are: they and their slots are the caller's then. Messages with
 * capabilities must be asked for theirs in the order in which they were taken.
 *
 * \param count lmp_header_caps() of the message
 */
void lmp_endpoint_take_caps(struct lmp_endpoint *ep, unsigned count, struct capref *caps);

/* The area for bytes: it holds those of one message, until the receiver has used them. */

/// Where the bytes are that came along. \param count how many; 0: none came
const void *lmp_endpoint_bytes(const struct lmp_endpoint *ep, size_t *count);

/// They have been used: others may come.
void lmp_endpoint_bytes_done(struct lmp_endpoint *ep);

/// The endpoint whose ring is at an offset, or NULL.
struct lmp_endpoint *lmp_endpoint_find(uint32_t offset);

/**
 * Takes the next message of any endpoint, registered with a waitset or not, but private ones and those that
 * threads wait for alone. Costs the same however many endpoints there are, but that all of them are looked at
 * once after more than LMP_ARRIVALS news have come at a time.
 *
 * \param message its `err` is LIB_ERR_LMP_PEER_GONE if it is none, but tells that a linked capability of the
 *                endpoint in its header is gone: once, and after the endpoint's messages
 * \param seen    how many news the dispatcher had had before this look, for threads_wait_any()
 * \return false if there is none
 */
bool lmp_endpoints_take_any(struct lmp_message *message, uint32_t *seen);

/// False if lmp_endpoints_take_any() would find nothing: a quick look.
bool lmp_endpoints_may_have_news(void);

/// Triggers the waitset of every endpoint that has news and is registered. \return how many news the
/// dispatcher had had before this look, for lmp_endpoints_wait()
uint32_t lmp_endpoints_poll(void);

/**
 * Waits until news come to any endpoint after the lmp_endpoints_poll() that returned `seen`. A single
 * thread waits in the kernel; what was handed over in registers waits in its endpoint then.
 */
errval_t lmp_endpoints_wait(uint32_t seen);

#endif
