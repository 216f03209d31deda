/**
 * Local message passing: the general path. It is right for every case by itself; arch/armv8/fastpath takes
 * the commonest one away.
 */
#include <dispatch/dispatch.h>
#include <trace/emit.h>

/// Number of the last trace flow on this core; the fast path counts it too.
uint32_t trace_flow;

/// The words of a message as one thing, which the compiler copies in pairs of registers.
struct payload {
    uint64_t words[LMP_MSG_WORDS];
};

static inline void copy_words(uint64_t *to, const uint64_t *from)
{
    *(struct payload *)to = *(const struct payload *)from;
}

static inline uint32_t read_once(const uint32_t *value)
{
    return *(const volatile uint32_t *)value;
}

/// The ring of an endpoint, inside the receiver's dispatcher frame: caps_mint checked the bounds, and the
/// frame stays.
static struct lmp_ring *ring_of(const struct dcb *receiver, const struct capability *endpoint)
{
    return (struct lmp_ring *)((char *)receiver->disp + endpoint->aux32);
}

/// Finds the slot where the receiver wants the capability. It must be there and empty.
static errval_t receive_slot(const struct dcb *receiver, const struct lmp_ring *ring, struct cte **slot)
{
    const capaddr_t address = read_once(&ring->recv_slot);
    if (address == 0) {
        return SYS_ERR_LMP_CAP_NO_SLOT;
    }
    errval_t err = cspace_lookup_slot(&receiver->cspace.cap, address, 2, slot);
    if (err_is_fail(err) || (*slot)->cap.type != ObjType_Null) {
        return SYS_ERR_LMP_CAP_NO_SLOT;
    }
    return SYS_ERR_OK;
}

/// A receiver in SYS_LMP goes on with the message in its registers.
static void hand_over(struct dcb *receiver, uint32_t ring_offset, const struct lmp_message *message,
                      uint32_t flow)
{
    uint64_t *x = receiver->disp->save_enabled.x;
    x[0] = SYS_ERR_OK;
    x[1] = ring_offset | message->header << 32;
    copy_words(&x[2], message->words);
    receiver->handed_flow = flow;
    receiver->wait = WAIT_NONE;
    receiver->resume_enabled = true;
    schedule_make_runnable(receiver);
}

static void put_into_ring(struct dcb *receiver, const struct capability *endpoint,
                          const struct lmp_message *message, uint32_t flow)
{
    struct lmp_ring *ring = ring_of(receiver, endpoint);
    const uint32_t number = read_once(&ring->count.delivered);
    struct lmp_slot *slot = &ring->slots[number & (endpoint->aux64 - 1)];
    slot->header = endpoint->aux32 | message->header << 32;
    copy_words(slot->words, message->words);
    slot->flow = flow;
    ring->count.delivered = number + 1;
    receiver->disp->any.delivered++;
    trace_lmp_ring_fill(number + 1 - read_once(&ring->count.consumed));
    if (receiver->wait != WAIT_NONE) {
        schedule_end_wait(receiver);
    }
}

errval_t lmp_deliver(const struct capability *endpoint, const struct lmp_message *message)
{
    struct dcb *receiver = dcb_from_phys(endpoint->base);
    if (endpoint->aux32 == 0
        || (receiver->state != DISPATCHER_STATE_RUNS && receiver->state != DISPATCHER_STATE_READY)) {
        return SYS_ERR_LMP_NO_TARGET;
    }
    struct lmp_ring *ring = ring_of(receiver, endpoint);
    struct cte *slot = NULL;
    if (message->cap != NULL) {
        errval_t err = receive_slot(receiver, ring, &slot);
        if (err_is_fail(err)) {
            return err;
        }
    }
    const bool waits = receiver->wait == endpoint->aux32 || receiver->wait == LMP_WAIT_ANY;
    if (!waits && read_once(&ring->count.delivered) - read_once(&ring->count.consumed) >= endpoint->aux64) {
        trace_lmp_full(endpoint->aux32);
        return SYS_ERR_LMP_BUF_OVERFLOW;
    }
    if (slot != NULL) {
        errval_t err = message->give ? caps_move(slot, message->cap) : caps_copy(slot, message->cap);
        if (err_is_fail(err)) {
            return err;
        }
        ring->recv_slot = 0;
    }
    const uint32_t flow = ++trace_flow;
    trace_lmp_send(flow, endpoint->aux32);
    if (waits) {
        hand_over(receiver, endpoint->aux32, message, flow);
    } else {
        put_into_ring(receiver, endpoint, message, flow);
    }
    return SYS_ERR_OK;
}

/// Describes the message in the sender's saved registers.
static errval_t message_from(struct dcb *dcb, const uint64_t *x, struct lmp_message *message)
{
    message->header = (uint32_t)x[0];
    message->cap = NULL;
    message->give = x[0] & LMP_FLAG_GIVE;
    if ((x[0] >> LMP_COUNT_SHIFT & LMP_COUNT_MASK) > LMP_MSG_WORDS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    message->words = &x[2];
    if (x[0] & LMP_FLAG_CAP) {
        errval_t err = cspace_lookup(&dcb->cspace.cap, (capaddr_t)x[10], 2, &message->cap);
        if (err_is_fail(err)) {
            return err_push(err, SYS_ERR_LMP_CAP_SOURCE);
        }
    }
    return SYS_ERR_OK;
}

/// May the caller wait for the ring at this offset? Tells whether something is there already.
static errval_t check_wait(const struct dcb *dcb, uint64_t offset, bool *pending)
{
    if (offset > dcb->ring_limit || offset % sizeof(uint64_t) != 0) {
        return SYS_ERR_LMP_ENDPOINT_RANGE;
    }
    if (dcb->disp->disabled) {
        return SYS_ERR_LMP_WAIT_DISABLED;
    }
    const struct lmp_count *count = (const struct lmp_count *)((char *)dcb->disp + offset);
    *pending = read_once(&count->delivered) != read_once(&count->consumed);
    return SYS_ERR_OK;
}

static errval_t send(struct dcb *dcb, const uint64_t *x, struct dcb **receiver)
{
    struct cte *endpoint;
    struct lmp_message message;
    errval_t err = cspace_lookup(&dcb->cspace.cap, (capaddr_t)x[1], 2, &endpoint);
    if (err_is_fail(err)) {
        return err;
    }
    if (endpoint->cap.type != ObjType_EndPoint) {
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
    err = message_from(dcb, x, &message);
    if (err_is_fail(err)) {
        return err;
    }
    // By value: the capability that is given away may be this very one.
    const struct capability target = endpoint->cap;
    *receiver = dcb_from_phys(target.base);
    return lmp_deliver(&target, &message);
}

/// The receiver runs now, ahead of the queue, if it can. The sender queues up if it can go on.
static void run_receiver(struct dcb *receiver, struct dcb *sender)
{
    if (receiver == sender || receiver->state != DISPATCHER_STATE_RUNS || receiver->wait != WAIT_NONE) {
        return;
    }
    if (sender->wait == WAIT_NONE) {
        schedule_make_runnable(sender);
    }
    dispatch(receiver);
}

/// The receiver runs now, if it can, and the sender goes on behind its call when its turn comes.
static void give_way(struct dcb *receiver, struct dcb *sender)
{
    sender->resume_enabled = !sender->disp->disabled;
    run_receiver(receiver, sender);
    sender->resume_enabled = false;
}

void sys_lmp(struct dcb *dcb, struct registers *saved)
{
    uint64_t *x = saved->x;
    const uint64_t flags = x[0];
    const uint64_t wait = x[1] >> 32;
    struct dcb *receiver = NULL;
    bool pending = false;
    errval_t err = wait != 0 ? check_wait(dcb, wait, &pending) : SYS_ERR_OK;
    if (err_is_ok(err) && (uint32_t)x[1] != 0) {
        err = send(dcb, x, &receiver);
    }
    x[0] = err;
    x[1] = 0;
    if (err_is_fail(err)) {
        if (err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW && (flags & LMP_FLAG_YIELD)) {
            give_way(receiver, dcb);
        }
        dispatch_return(saved);
    }
    if (receiver == dcb && wait != 0) {
        check_wait(dcb, wait, &pending); // its own message may be what it waits for
    }
    // A busy dispatcher waits at user level, where its other threads run meanwhile.
    if (wait != 0 && !pending && !*(const volatile uint32_t *)&dcb->disp->busy) {
        dcb->wait = wait;
        if (receiver != NULL) {
            run_receiver(receiver, dcb);
        }
        schedule();
    }
    if (receiver != NULL && (flags & LMP_FLAG_SYNC)) {
        give_way(receiver, dcb);
    }
    dispatch_return(saved);
}
