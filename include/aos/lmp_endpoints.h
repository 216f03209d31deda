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

struct lmp_endpoint {
    struct lmp_ring *ring;    ///< In the dispatcher frame.
    uint32_t offset;          ///< Of the ring in the dispatcher frame; never 0.
    uint32_t slots;           ///< Of the ring; a power of two.
    struct capref recv_slot;  ///< Where the next capability goes; null if none can be taken.
    struct lmp_message early; ///< What was handed over in a wait for any; header 0: nothing.
    struct waitset_chanstate waitset_state;
    struct lmp_endpoint *next; ///< All endpoints of the dispatcher.
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

/**
 * Gives the ring back. Every copy of the endpoint's capability must be gone: a message that comes later would
 * go to whoever has the ring then.
 */
void lmp_endpoint_free(struct lmp_endpoint *ep);

/// Takes the next message if there is one. \return false if not
bool lmp_endpoint_take(struct lmp_endpoint *ep, struct lmp_message *message);

/// True if a message waits.
bool lmp_endpoint_can_recv(const struct lmp_endpoint *ep);

/// Where the next capability goes. \param slot empty slot of an L2CNode of the own CSpace, or NULL_CAP
void lmp_endpoint_set_recv_slot(struct lmp_endpoint *ep, struct capref slot);

/// The endpoint whose ring is at an offset, or NULL.
struct lmp_endpoint *lmp_endpoint_find(uint32_t offset);

/**
 * Takes the next message of any endpoint, registered with a waitset or not.
 *
 * \param seen how many messages the dispatcher had had before this look, for threads_wait_any()
 * \return false if there is none
 */
bool lmp_endpoints_take_any(struct lmp_message *message, uint32_t *seen);

/// Triggers the waitset of every endpoint that has a message and is registered. \return how many messages the
/// dispatcher had had before this look, for lmp_endpoints_wait()
uint32_t lmp_endpoints_poll(void);

/**
 * Waits until a message comes to any endpoint after the lmp_endpoints_poll() that returned `seen`. A single
 * thread waits in the kernel; what was handed over in registers waits in its endpoint then.
 */
errval_t lmp_endpoints_wait(uint32_t seen);

#endif
