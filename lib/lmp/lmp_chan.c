#include <aos/capabilities.h>
#include <aos/lmp_chan.h>
#include <aos/dispatch.h>
#include <aos/slot_alloc.h>
#include <threads/threads.h>

static size_t round_up_to_power_of_two(size_t n)
{
    size_t power = 1;
    while (power < n) {
        power *= 2;
    }
    return power;
}

errval_t lmp_chan_accept(struct lmp_chan *lc, size_t buflen_words, struct capref remote)
{
    *lc = (struct lmp_chan){0};
    errval_t err = slot_alloc(&lc->local_cap);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_LMP_CHAN_INIT);
    }
    size_t messages = (buflen_words + LMP_RING_SLOT_WORDS - 1) / LMP_RING_SLOT_WORDS;
    err = lmp_endpoint_create_in_slot(round_up_to_power_of_two(messages), lc->local_cap, &lc->endpoint);
    if (err_is_fail(err)) {
        slot_free(lc->local_cap);
        return err_push(err, LIB_ERR_LMP_CHAN_INIT);
    }
    lmp_chan_set_remote(lc, remote);
    return SYS_ERR_OK;
}

void lmp_chan_set_remote(struct lmp_chan *lc, struct capref remote)
{
    uint64_t address = capref_is_null(remote) ? 0 : get_cap_addr(remote);
    lc->remote_cap = remote;
    lc->call_target = address | (uint64_t)lc->endpoint->offset << 32;
    lc->reply_target = address | (uint64_t)LMP_WAIT_ANY << 32;
}

void lmp_chan_destroy(struct lmp_chan *lc)
{
    if (!capref_is_null(lc->endpoint->recv_slot)) {
        slot_free(lc->endpoint->recv_slot);
    }
    cap_destroy(lc->local_cap);
    lmp_endpoint_free(lc->endpoint);
    if (!capref_is_null(lc->remote_cap)) {
        cap_delete(lc->remote_cap);
        slot_free(lc->remote_cap); // refused, and rightly, for a well-known slot such as that of the parent's
                                   // endpoint
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

errval_t lmp_chan_recv(struct lmp_chan *lc, struct lmp_recv_msg *msg, struct capref *cap)
{
    struct lmp_message m;
    if (!lmp_endpoint_take(lc->endpoint, &m)) {
        return LIB_ERR_NO_LMP_MSG;
    }
    const uint64_t words[LMP_MSG_LENGTH] = {m.w0, m.w1, m.w2, m.w3, m.w4, m.w5, m.w6, m.w7};
    msg->buf.msglen = lmp_header_words(m.header);
    for (size_t i = 0; i < msg->buf.msglen && i < msg->buf.buflen && i < LMP_MSG_LENGTH; i++) {
        msg->words[i] = words[i];
    }
    struct capref received = NULL_CAP;
    if (lmp_header_has_cap(m.header)) {
        received = lc->endpoint->recv_slot;
        lc->endpoint->recv_slot = NULL_CAP;
        if (!cap) {
            cap_delete(received);
            lmp_chan_set_recv_slot(lc, received);
        }
    }
    if (cap) {
        *cap = received;
    }
    return SYS_ERR_OK;
}

errval_t lmp_chan_register_recv(struct lmp_chan *lc, struct waitset *ws, struct event_closure closure)
{
    return waitset_chan_register(ws, &lc->endpoint->waitset_state, closure);
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
        lmp_chan_set_recv_slot(lc, slot);
    }
    return err;
}

void lmp_chan_set_recv_slot(struct lmp_chan *lc, struct capref slot)
{
    lmp_endpoint_set_recv_slot(lc->endpoint, slot);
}

struct lmp_message lmp_chan_wait(struct lmp_chan *lc, errval_t err)
{
    struct lmp_message m = {.err = err};
    while (err_is_ok(m.err) || m.err == SYS_ERR_LMP_WAIT_INTERRUPTED) {
        if (lmp_endpoint_take(lc->endpoint, &m)) {
            m.err = SYS_ERR_OK;
            return m;
        }
        if (curdispatcher()->busy) {
            threads_wait_endpoint(lc->endpoint);
            m.err = SYS_ERR_OK;
            continue;
        }
        m = sys_lmp(SYS_LMP, (uint64_t)lc->endpoint->offset << 32, 0, 0, 0, 0, 0, 0, 0, 0);
        if (err_is_ok(m.err) && m.header) {
            return m;
        }
    }
    return m;
}

struct lmp_message lmp_chan_wait_any(errval_t err)
{
    struct lmp_message m = {.err = err};
    while (err_is_ok(m.err) || m.err == SYS_ERR_LMP_WAIT_INTERRUPTED) {
        uint32_t seen;
        if (lmp_endpoints_take_any(&m, &seen)) {
            m.err = SYS_ERR_OK;
            return m;
        }
        if (threads_several()) {
            threads_wait_any(seen);
            m.err = SYS_ERR_OK;
            continue;
        }
        m = sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
        if (err_is_ok(m.err) && m.header) {
            return m;
        }
    }
    return m;
}
