/**
 * What giving up the core costs.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <harness/peer.h>

static capaddr_t peer_dispatcher;

static errval_t setup(const struct bench *bench)
{
    (void)bench;
    struct capref dispatcher;
    errval_t err = bench_peer_set_mode(PEER_MODE_YIELD, cap_dispatcher, &dispatcher);
    peer_dispatcher = get_cap_addr(dispatcher);
    return err;
}

/// To the peer, which yields back: two switches of domains.
static errval_t directed_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = sys_yield(peer_dispatcher);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t teardown(const struct bench *bench)
{
    (void)bench;
    return bench_peer_set_mode(PEER_MODE_ECHO, NULL_CAP, NULL);
}

static const struct bench benches[] = {
    {
        .name = "dispatch.yield",
        .params = "switches=2",
        .unit = "cycles",
        .setup = setup,
        .sample = directed_sample,
        .teardown = teardown,
    },
};

BENCH_SUITE(dispatch, benches, .needs_peer = true);
