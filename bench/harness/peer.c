#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <harness/peer.h>

static struct lmp_chan peer;

struct lmp_chan *bench_peer(void)
{
    return &peer;
}

errval_t bench_peer_set_mode(enum peer_mode mode, struct capref cap, struct capref *ret)
{
    if (ret) {
        errval_t err = lmp_chan_alloc_recv_slot(&peer);
        if (err_is_fail(err)) {
            return err;
        }
    }
    struct lmp_message m;
    if (capref_is_null(cap)) {
        m = lmp_chan_call(&peer, PEER_CONTROL_WORDS, mode, 0, 0, 0, 0, 0, 0, 0);
    } else {
        m = lmp_chan_call_cap(&peer, 0, cap, PEER_CONTROL_WORDS, mode, 0, 0, 0);
    }
    if (ret && err_is_ok(m.err)) {
        if (lmp_header_caps(m.header) != 1) {
            return LIB_ERR_LMP_CHAN_RECV;
        }
        lmp_endpoint_take_caps(peer.endpoint, 1, ret);
    }
    return m.err;
}

errval_t bench_peer_connect(struct capref service)
{
    struct capref reply;
    errval_t err = slot_alloc(&reply);
    if (err_is_fail(err)) {
        return err;
    }
    err = lmp_chan_accept(&peer, DEFAULT_LMP_BUF_WORDS, service);
    if (err_is_ok(err)) {
        err = cap_grant(reply, peer.local_cap);
    }
    if (err_is_ok(err)) {
        err = bench_peer_set_mode(PEER_MODE_BIND, reply, NULL);
    }
    return err_is_ok(err) ? cap_destroy(reply) : err;
}
