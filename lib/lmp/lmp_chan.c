#include <aos/capabilities.h>
#include <aos/lmp_chan.h>
#include <aos/clock.h>
#include <aos/dispatch.h>
#include <aos/slot_alloc.h>
#include <lmp/endpoints.h>
#include <threads/threads.h>

static size_t round_up_to_power_of_two(size_t n)
{
    size_t power = 1;
    while (power < n) {
        power *= 2;
    }
    return power;
}

static errval_t accept(struct lmp_chan *lc, size_t buflen_words, size_t area_bytes, struct capref remote)
{
    *lc = (struct lmp_chan){0};
    errval_t err = slot_alloc(&lc->local_cap);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_LMP_CHAN_INIT);
    }
    size_t messages = (buflen_words + LMP_RING_SLOT_WORDS - 1) / LMP_RING_SLOT_WORDS;
    err = lmp_endpoint_create_with_area(round_up_to_power_of_two(messages), area_bytes, lc->local_cap,
                                        &lc->endpoint);
    if (err_is_fail(err)) {
        slot_free(lc->local_cap);
        return err_push(err, LIB_ERR_LMP_CHAN_INIT);
    }
    lmp_chan_set_remote(lc, remote);
    return SYS_ERR_OK;
}

errval_t lmp_chan_accept(struct lmp_chan *lc, size_t buflen_words, struct capref remote)
{
    return accept(lc, buflen_words, 0, remote);
}

errval_t lmp_chan_accept_linked_with_area(struct lmp_chan *lc, size_t buflen_words, size_t area_bytes,
                                          struct capref *linked)
{
    errval_t err = accept(lc, buflen_words, area_bytes, NULL_CAP);
    if (err_is_fail(err)) {
        return err;
    }
    err = slot_alloc(linked);
    if (err_is_ok(err)) {
        err = cap_mint(*linked, lc->local_cap, 0, 0); // no right at all: none is needed to send
        if (err_is_ok(err)) {
            return SYS_ERR_OK;
        }
        slot_free(*linked);
    }
    lmp_chan_destroy(lc);
    return err_push(err, LIB_ERR_LMP_CHAN_INIT);
}

errval_t lmp_chan_accept_linked(struct lmp_chan *lc, size_t buflen_words, struct capref *linked)
{
    return lmp_chan_accept_linked_with_area(lc, buflen_words, 0, linked);
}

void lmp_chan_set_remote(struct lmp_chan *lc, struct capref remote)
{
    uint64_t address = capref_is_null(remote) ? 0 : get_cap_addr(remote);
    lc->remote_cap = remote;
    lc->call_target = address | (uint64_t)lc->endpoint->offset << 32;
    lc->reply_target = address | (uint64_t)LMP_WAIT_ANY << 32;
}

/// Capabilities that nobody asked for, and slots for those that will not come.
static void free_recv_slots(struct lmp_endpoint *ep)
{
    struct capref slot;
    const unsigned empty = lmp_endpoint_recv_slots(ep);
    for (unsigned left = ep->ring->slots_given - ep->caps_taken; left > 0 && left <= LMP_RECV_SLOTS; left--) {
        lmp_endpoint_take_caps(ep, 1, &slot);
        if (left > empty) {
            cap_discard(slot);
        } else {
            slot_free(slot);
        }
    }
}

void lmp_chan_destroy(struct lmp_chan *lc)
{
    /*
     * In this order: when the other side hears that its own linked capability is gone, or is woken by that,
     * it can send nothing that nobody would answer.
     */
    cap_revoke(lc->local_cap);
    cap_destroy(lc->local_cap);
    free_recv_slots(lc->endpoint);
    lmp_endpoint_free(lc->endpoint);
    if (!capref_is_null(lc->remote_cap)) {
        cap_discard(lc->remote_cap); // a well-known slot, such as that of the parent's endpoint, is not freed
    }
    *lc = (struct lmp_chan){0};
}

errval_t lmp_chan_send(struct lmp_chan *lc, unsigned flags, struct capref send_cap, unsigned words,
                       uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                       uint64_t w6, uint64_t w7)
{
    uint64_t call = SYS_LMP | flags | (uint64_t)words << LMP_COUNT_SHIFT;
    capaddr_t target = get_cap_addr(lc->remote_cap);
    if (capref_is_null(send_cap)) {
        return sys_lmp(call, target, w0, w1, w2, w3, w4, w5, w6, w7).err;
    }
    return sys_lmp_cap(call, target, get_cap_addr(send_cap), w0, w1, w2, w3, w4, w5, w6, w7).err;
}

bool lmp_chan_can_recv(const struct lmp_chan *lc)
{
    return lmp_endpoint_can_recv(lc->endpoint);
}

/// Deletes capabilities that nobody wants; their slots take the next ones.
static void drop(struct lmp_chan *lc, const struct capref *caps, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        cap_delete(caps[i]);
        lmp_chan_set_recv_slot(lc, caps[i]);
    }
}

errval_t lmp_chan_recv(struct lmp_chan *lc, struct lmp_recv_msg *msg, struct capref *cap)
{
    struct lmp_message m;
    if (!lmp_endpoint_take(lc->endpoint, &m)) {
        const uint32_t gone = lmp_endpoint_gone(lc->endpoint);
        lc->endpoint->gone_seen = gone;
        return gone ? LIB_ERR_LMP_PEER_GONE : LIB_ERR_NO_LMP_MSG;
    }
    const uint64_t words[LMP_MSG_LENGTH] = {m.w0, m.w1, m.w2, m.w3, m.w4, m.w5, m.w6, m.w7};
    msg->buf.msglen = lmp_header_words(m.header);
    for (size_t i = 0; i < msg->buf.msglen && i < msg->buf.buflen && i < LMP_MSG_LENGTH; i++) {
        msg->words[i] = words[i];
    }
    struct capref caps[LMP_MSG_CAPS];
    const unsigned count = lmp_header_caps(m.header);
    const unsigned wanted = cap && count ? 1 : 0;
    lmp_endpoint_take_caps(lc->endpoint, count, caps);
    drop(lc, caps + wanted, count - wanted);
    if (cap) {
        *cap = wanted ? caps[0] : NULL_CAP;
    }
    return SYS_ERR_OK;
}

errval_t lmp_chan_register_recv(struct lmp_chan *lc, struct waitset *ws, struct event_closure closure)
{
    errval_t err = waitset_chan_register(ws, &lc->endpoint->waitset_state, closure);
    if (err_is_ok(err)) {
        if (!lc->endpoint->client && lc->endpoint->is_private) {
            lmp_endpoint_set_private(lc->endpoint, false);
        }
        endpoint_trigger(lc->endpoint); // what is there already may have been looked at before
    }
    return err;
}

errval_t lmp_chan_deregister_recv(struct lmp_chan *lc)
{
    return waitset_chan_deregister(&lc->endpoint->waitset_state);
}

errval_t lmp_chan_alloc_recv_slot(struct lmp_chan *lc)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err)) {
        err = lmp_chan_add_recv_slot(lc, slot);
        if (err_is_fail(err)) {
            slot_free(slot);
        }
    }
    return err;
}

errval_t lmp_chan_add_recv_slot(struct lmp_chan *lc, struct capref slot)
{
    return lmp_endpoint_add_recv_slot(lc->endpoint, slot);
}

void lmp_chan_set_recv_slot(struct lmp_chan *lc, struct capref slot)
{
    if (capref_is_null(slot)) {
        lmp_endpoint_take_recv_slots_back(lc->endpoint);
    } else {
        (void)lmp_endpoint_add_recv_slot(lc->endpoint, slot);
    }
}

unsigned lmp_chan_recv_slots(const struct lmp_chan *lc)
{
    return lmp_endpoint_recv_slots(lc->endpoint);
}

struct lmp_message lmp_chan_wait_until(struct lmp_chan *lc, errval_t err, uint64_t until)
{
    struct lmp_endpoint *ep = lc->endpoint;
    struct lmp_message m = {.err = err};
    bool is_noted = false;
    while (err_is_ok(m.err) || m.err == SYS_ERR_LMP_WAIT_INTERRUPTED) {
        if (lmp_endpoint_take(ep, &m)) {
            break;
        }
        m.err = SYS_ERR_OK;
        if (lmp_endpoint_gone(ep)) {
            m.err = LIB_ERR_LMP_PEER_GONE;
        } else if (until != CLOCK_NEVER || curdispatcher()->busy) {
            if (!is_noted) {
                endpoint_wait_begin(ep);
                is_noted = true;
            }
            if (!threads_wait_endpoint_until(ep, until) && !lmp_endpoint_can_recv(ep)) {
                m.err = LIB_ERR_TIMEOUT;
            }
        } else {
            m = sys_lmp(SYS_LMP, (uint64_t)ep->offset << 32, 0, 0, 0, 0, 0, 0, 0, 0);
            if (err_is_ok(m.err) && m.header) {
                break;
            }
        }
    }
    if (is_noted) {
        endpoint_wait_end(ep);
    }
    return m;
}

struct lmp_message lmp_chan_wait(struct lmp_chan *lc, errval_t err)
{
    return lmp_chan_wait_until(lc, err, CLOCK_NEVER);
}

/// True if a message that was handed to this thread is for another one, which has it now.
static bool pass_on(const struct lmp_message *message)
{
    const struct lmp_endpoint *ep = lmp_endpoint_find(lmp_header_endpoint(message->header));
    return ep && !endpoint_is_for_any(ep) && lmp_endpoint_put_back(message);
}

/**
 * Waits for any message. \param since news to be told of as well, but with `is_told` only: when the
 * dispatcher has had more the header of the result is 0
 */
static inline __attribute__((always_inline)) struct lmp_message wait_any(errval_t err, bool is_told,
                                                                         uint32_t since)
{
    struct lmp_message m = {.err = err};
    while (err_is_ok(m.err) || m.err == SYS_ERR_LMP_WAIT_INTERRUPTED) {
        uint32_t seen;
        if (lmp_endpoints_take_any(&m, &seen)) {
            return m;
        }
        if (is_told && seen != since) {
            return (struct lmp_message){.err = SYS_ERR_OK};
        }
        // What is put back already for a thread that has not come for it would have no room for another one.
        if (threads_several() && (lmp_endpoints.early || !threads_wait_in_kernel(seen))) {
            threads_wait_any(seen);
            m.err = SYS_ERR_OK;
            continue;
        }
        m = sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
        if (err_is_ok(m.err) && m.header && !pass_on(&m)) {
            return m;
        }
    }
    return m;
}

struct lmp_message lmp_chan_wait_any(errval_t err)
{
    return wait_any(err, false, 0);
}

struct lmp_message lmp_chan_wait_any_since(uint32_t since)
{
    return wait_any(SYS_ERR_OK, true, since);
}
