/**
 * Local message passing: the general path. It is right for every case by itself; arch/armv8/fastpath takes
 * the commonest one away.
 */
#include <arch/armv8/user_memory.h>
#include <cap/cspace.h>
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

/// cspace_lookup_slot() at level 2, by what the DCB keeps of its CSpace.
static inline errval_t find_slot(const struct dcb *dcb, capaddr_t address, struct cte **slot)
{
    return cspace_find_l2_slot(dcb->l1_cnode, dcb->l1_slots, address, slot);
}

static inline errval_t find_cap(const struct dcb *dcb, capaddr_t address, struct cte **slot)
{
    errval_t err = find_slot(dcb, address, slot);
    return err_is_ok(err) && (*slot)->cap.type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : err;
}

/// The ring of an endpoint, inside the receiver's dispatcher frame: caps_mint checked the bounds, and the
/// frame stays.
static struct lmp_ring *ring_of(const struct dcb *receiver, const struct capability *endpoint)
{
    return (struct lmp_ring *)((char *)receiver->disp + endpoint->aux32);
}

/*
 * What goes along with a message is one capability nearly always: the functions from here to bring() are
 * compiled for that case, and once more for all others.
 */
#define FOR_ONE static inline __attribute__((always_inline))

/// Finds the slots where the receiver wants the next capabilities. They must be there and empty.
FOR_ONE errval_t receive_slots(const struct dcb *receiver, const struct lmp_ring *ring, unsigned count,
                               struct cte **slots)
{
    const uint32_t taken = read_once(&ring->slots_taken);
    const uint32_t ready = read_once(&ring->slots_given) - taken;
    if (count == 0) {
        return SYS_ERR_OK;
    }
    if (ready < count || ready > LMP_RECV_SLOTS) {
        return SYS_ERR_LMP_CAP_NO_SLOT;
    }
    for (unsigned i = 0; i < count; i++) {
        const capaddr_t address = read_once(&ring->recv_slots[(taken + i) % LMP_RECV_SLOTS]);
        errval_t err = find_slot(receiver, address, &slots[i]);
        if (address == 0 || err_is_fail(err) || slots[i]->cap.type != ObjType_Null) {
            return SYS_ERR_LMP_CAP_NO_SLOT;
        }
    }
    return SYS_ERR_OK;
}

/// Takes back what transfer() did for the first `count` capabilities. A copy is never the last of its object.
static __attribute__((noinline)) void transfer_back(const struct lmp_message *message, struct cte **slots,
                                                    unsigned count)
{
    while (count-- > 0) {
        if (message->give & 1U << count) {
            caps_move(message->caps[count], slots[count]);
        } else {
            caps_delete(slots[count]);
        }
    }
}

/// Copies or moves all capabilities, or none: the second of two that are the same may find none any more.
FOR_ONE errval_t transfer(const struct lmp_message *message, unsigned count, struct cte **slots)
{
    for (unsigned i = 0; i < count; i++) {
        errval_t err = message->give & 1U << i ? caps_move(slots[i], message->caps[i])
                                               : caps_copy(slots[i], message->caps[i]);
        if (err_is_fail(err)) {
            transfer_back(message, slots, i);
            return err;
        }
    }
    return SYS_ERR_OK;
}

/// Copies the bytes to the receiver's area, which is nobody's business until `bytes_used` says what is in it.
static errval_t copy_bytes(struct lmp_ring *ring, const struct capability *endpoint,
                           const struct lmp_message *message)
{
    if (message->bytes > LMP_RING_AREA(endpoint->aux64)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (read_once(&ring->bytes_used) != 0) {
        return SYS_ERR_LMP_BUF_OVERFLOW;
    }
    void *area =
        (void *)ROUND_UP((uintptr_t)&ring->slots[LMP_RING_SLOTS(endpoint->aux64)], (uintptr_t)LMP_AREA_ALIGN);
    return user_memory_copy(message->bytes_at, area, message->bytes) ? SYS_ERR_OK
                                                                     : SYS_ERR_INVALID_USER_ADDRESS;
}

/// Brings what goes along with a message: all of it, or nothing.
FOR_ONE errval_t bring(struct dcb *receiver, const struct capability *endpoint,
                       const struct lmp_message *message, unsigned count, size_t bytes)
{
    struct lmp_ring *ring = ring_of(receiver, endpoint);
    struct cte *slots[LMP_MSG_CAPS];
    errval_t err = receive_slots(receiver, ring, count, slots);
    if (err_is_ok(err) && bytes != 0) {
        err = copy_bytes(ring, endpoint, message);
    }
    if (err_is_ok(err)) {
        err = transfer(message, count, slots);
    }
    if (err_is_ok(err)) {
        ring->slots_taken = read_once(&ring->slots_taken) + count;
        if (bytes != 0) {
            ring->bytes_used = (uint32_t)bytes;
        }
    }
    return err;
}

static __attribute__((noinline)) errval_t bring_several(struct dcb *receiver,
                                                        const struct capability *endpoint,
                                                        const struct lmp_message *message)
{
    return bring(receiver, endpoint, message, message->cap_count, message->bytes);
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

static bool can_receive(const struct dcb *receiver)
{
    return receiver->state == DISPATCHER_STATE_RUNS || receiver->state == DISPATCHER_STATE_READY;
}

/// Something is to be seen at a ring. Only the domain's own notes suffer if it writes to `any`.
static inline void note_arrival(struct dcb *receiver, uint32_t ring_offset)
{
    struct dispatcher_shared *disp = receiver->disp;
    const uint32_t number = read_once(&disp->any.delivered);
    disp->arrivals[number % LMP_ARRIVALS] = ring_offset;
    disp->any.delivered = number + 1;
    if (receiver->wait != WAIT_NONE) {
        schedule_end_wait(receiver);
    }
}

void lmp_note_wake(struct dcb *receiver)
{
    note_arrival(receiver, LMP_NEWS_WAKE);
}

static void put_into_ring(struct dcb *receiver, const struct capability *endpoint,
                          const struct lmp_message *message, uint32_t flow)
{
    struct lmp_ring *ring = ring_of(receiver, endpoint);
    const uint32_t number = read_once(&ring->count.delivered);
    struct lmp_slot *slot = &ring->slots[number & (LMP_RING_SLOTS(endpoint->aux64) - 1)];
    slot->header = endpoint->aux32 | message->header << 32;
    copy_words(slot->words, message->words);
    slot->flow = flow;
    ring->count.delivered = number + 1;
    trace_lmp_ring_fill(number + 1 - read_once(&ring->count.consumed));
    note_arrival(receiver, endpoint->aux32);
}

void lmp_lose_link(const struct capability *endpoint)
{
    struct dcb *receiver = dcb_from_phys(endpoint->base);
    if (can_receive(receiver)) {
        struct lmp_ring *ring = ring_of(receiver, endpoint);
        ring->gone = read_once(&ring->gone) + 1;
        note_arrival(receiver, endpoint->aux32);
    }
}

errval_t lmp_deliver(const struct capability *endpoint, const struct lmp_message *message)
{
    struct dcb *receiver = dcb_from_phys(endpoint->base);
    if (endpoint->aux32 == 0 || !can_receive(receiver)) {
        return SYS_ERR_LMP_NO_TARGET;
    }
    const bool waits = receiver->wait == endpoint->aux32 || receiver->wait == LMP_WAIT_ANY;
    if (!waits) {
        const struct lmp_ring *ring = ring_of(receiver, endpoint);
        if (read_once(&ring->count.delivered) - read_once(&ring->count.consumed)
            >= LMP_RING_SLOTS(endpoint->aux64)) {
            trace_lmp_full(endpoint->aux32);
            return SYS_ERR_LMP_BUF_OVERFLOW;
        }
    }
    if (message->cap_count != 0 || message->bytes != 0) {
        errval_t err = message->cap_count == 1 && message->bytes == 0
                           ? bring(receiver, endpoint, message, 1, 0)
                           : bring_several(receiver, endpoint, message);
        if (err_is_fail(err)) {
            return err;
        }
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

/// Finds the capabilities that go along with a message.
FOR_ONE errval_t caps_from(struct dcb *dcb, const uint64_t *x, unsigned count, struct lmp_message *message)
{
    for (unsigned i = 0; i < count; i++) {
        const capaddr_t address = (capaddr_t)(x[10 + i / 2] >> i % 2 * 32);
        errval_t err = find_cap(dcb, address, &message->caps[i]);
        if (err_is_fail(err)) {
            return err_push(err, SYS_ERR_LMP_CAP_SOURCE);
        }
    }
    message->cap_count = count;
    message->give = x[0] >> LMP_GIVE_SHIFT & ((1U << LMP_MSG_CAPS) - 1);
    return SYS_ERR_OK;
}

/// Finds several capabilities, or bytes.
static __attribute__((noinline)) errval_t several_from(struct dcb *dcb, const uint64_t *x,
                                                       struct lmp_message *message)
{
    const unsigned count = ((x[0] >> LMP_CAPS_SHIFT) + 1) & LMP_CAPS_MASK;
    if (count > LMP_MSG_CAPS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (x[0] & LMP_FLAG_BYTES) {
        message->bytes_at = x[12];
        message->bytes = x[13];
        if (message->bytes == 0 || message->bytes > LMP_AREA_MAX_BYTES) {
            return SYS_ERR_INVALID_ARGUMENT;
        }
    }
    return caps_from(dcb, x, count, message);
}

/// Describes the message in the sender's saved registers.
static errval_t message_from(struct dcb *dcb, const uint64_t *x, struct lmp_message *message)
{
    message->header = (uint32_t)x[0];
    message->cap_count = 0;
    message->bytes = 0;
    if ((x[0] >> LMP_COUNT_SHIFT & LMP_COUNT_MASK) > LMP_MSG_WORDS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    message->words = &x[2];
    if ((x[0] & LMP_FLAG_CAP) == 0) {
        return SYS_ERR_OK;
    }
    return (x[0] & (LMP_FLAG_BYTES | LMP_CAPS_MASK << LMP_CAPS_SHIFT)) == 0 ? caps_from(dcb, x, 1, message)
                                                                            : several_from(dcb, x, message);
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
    if (offset != LMP_WAIT_ANY && offset <= dcb->ring_limit - offsetof(struct lmp_ring, gone)) {
        // No message may ever come: the waiter is to see that the capability is gone.
        *pending |= read_once(&((const struct lmp_ring *)count)->gone) != 0;
    }
    return SYS_ERR_OK;
}

static errval_t send(struct dcb *dcb, const uint64_t *x, struct dcb **receiver)
{
    struct cte *endpoint;
    struct lmp_message message;
    errval_t err = find_cap(dcb, (capaddr_t)x[1], &endpoint);
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
    // By value: this very capability may be among those given away.
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
