/**
 * The domain `peer`: the other side of benches between two domains (harness/protocol.h). It serves one bench
 * domain, with which it ends.
 */
#include <aos/aos.h>
#include <aos/rpc.h>
#include <harness/protocol.h>
#include <interfaces/bench.h>
#include <stdlib.h>

static struct lmp_chan bench; ///< The endpoint is ours; the bench's comes with PEER_MODE_BIND.

static bool is_payload(const struct lmp_message *m)
{
    return err_is_ok(m->err) && lmp_header_words(m->header) != PEER_CONTROL_WORDS;
}

/// Answers a control message and waits for what follows.
static struct lmp_message acknowledge(void)
{
    return lmp_chan_reply_wait(&bench, 1, SYS_ERR_OK, 0, 0, 0, 0, 0, 0, 0);
}

/// The capability that came with a control message. The next one has a slot, too.
static struct capref take_cap(void)
{
    struct capref cap;
    lmp_endpoint_take_caps(bench.endpoint, 1, &cap);
    errval_t err = lmp_chan_alloc_recv_slot(&bench);
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "no slot for a capability");
    }
    return cap;
}

static struct lmp_message serve_one_way(void)
{
    struct lmp_message m = acknowledge();
    for (;;) {
        uint64_t now = cycle_count();
        if (!is_payload(&m)) {
            return m;
        }
        m = lmp_chan_reply_wait(&bench, 1, now, 0, 0, 0, 0, 0, 0, 0);
    }
}

static struct lmp_message serve_echo(void)
{
    struct lmp_message m = acknowledge();
    while (is_payload(&m)) {
        m = lmp_chan_reply_wait(&bench, lmp_header_words(m.header), m.w0, m.w1, m.w2, m.w3, m.w4, m.w5, m.w6,
                                m.w7);
    }
    return m;
}

/// Capabilities come into two slots in turn: while one goes back, leaving its slot empty, the next has the
/// other.
static struct lmp_message serve_echo_cap(void)
{
    struct capref empty, cap;
    errval_t err = slot_alloc(&empty);
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "no slot for a capability");
    }
    struct lmp_message m = acknowledge();
    while (is_payload(&m)) {
        lmp_endpoint_take_caps(bench.endpoint, 1, &cap);
        lmp_chan_set_recv_slot(&bench, empty);
        m = lmp_chan_reply_wait_cap(&bench, LMP_FLAG_GIVE, cap, 0, 0, 0, 0, 0);
        empty = cap;
    }
    slot_free(empty);
    return m;
}

static struct lmp_message serve_yield(void)
{
    capaddr_t dispatcher = get_cap_addr(take_cap());
    errval_t err = lmp_chan_send1(&bench, LMP_FLAG_SYNC, cap_dispatcher, SYS_ERR_OK);
    if (err_is_fail(err)) {
        return (struct lmp_message){.err = err};
    }
    while (!lmp_chan_can_recv(&bench)) {
        sys_yield(dispatcher);
    }
    return lmp_chan_wait_any(SYS_ERR_OK);
}

/// Does what a control message says. \return the next one
static struct lmp_message serve(const struct lmp_message *control)
{
    switch (control->w0) {
    case PEER_MODE_BIND:
        lmp_chan_set_remote(&bench, take_cap());
        return serve_echo();
    case PEER_MODE_ONE_WAY:
        return serve_one_way();
    case PEER_MODE_ECHO:
        return serve_echo();
    case PEER_MODE_ECHO_CAP:
        return serve_echo_cap();
    case PEER_MODE_YIELD:
        return serve_yield();
    default:
        USER_PANIC("there is no mode %lu", (unsigned long)control->w0);
    }
}

/// A copy that is not ours alone: init passes it on.
static errval_t say_where(struct rpc_client *init)
{
    struct capref endpoint;
    errval_t err = slot_alloc(&endpoint);
    if (err_is_ok(err)) {
        err = cap_copy(endpoint, bench.local_cap);
    }
    return err_is_ok(err) ? bench_ready(init, endpoint) : err;
}

int main(void)
{
    struct rpc_client *init;
    errval_t err = rpc_connect("bench", &bench_interface, &init);
    if (err_is_ok(err)) {
        err = lmp_chan_accept(&bench, DEFAULT_LMP_BUF_WORDS, NULL_CAP);
    }
    if (err_is_ok(err)) {
        err = lmp_chan_alloc_recv_slot(&bench);
    }
    if (err_is_ok(err)) {
        err = say_where(init);
    }
    struct lmp_message m = {.err = err};
    if (err_is_ok(err)) {
        m = lmp_chan_wait_any(SYS_ERR_OK);
    }
    while (err_is_ok(m.err)) {
        m = serve(&m);
    }
    USER_PANIC_ERR(m.err, "serving a bench");
}
