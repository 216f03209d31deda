/**
 * Messages between two domains on one core, in registers. The peer answers; harness/protocol.h says how.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <harness/peer.h>

static errval_t one_way_setup(const struct bench *bench)
{
    (void)bench;
    return bench_peer_set_mode(PEER_MODE_ONE_WAY, NULL_CAP, NULL);
}

static errval_t round_trip_setup(const struct bench *bench)
{
    (void)bench;
    return bench_peer_set_mode(PEER_MODE_ECHO, NULL_CAP, NULL);
}

/// The number of words is a constant in each variant, as it is in a program. The peer reads the clock when it
/// has the words.
#define ONE_WAY_SAMPLE(words)                                                                      \
    static errval_t one_way_sample_##words(const struct bench *bench, struct bench_sample *sample) \
    {                                                                                              \
        (void)bench;                                                                               \
        struct lmp_chan *peer = bench_peer();                                                      \
        uint64_t begin = cycle_count();                                                            \
        struct lmp_message m = CALL_##words(peer);                                                 \
        sample->begin = begin;                                                                     \
        sample->end = m.w0;                                                                        \
        return m.err;                                                                              \
    }

#define ROUND_TRIP_SAMPLE(words)                                                                      \
    static errval_t round_trip_sample_##words(const struct bench *bench, struct bench_sample *sample) \
    {                                                                                                 \
        (void)bench;                                                                                  \
        struct lmp_chan *peer = bench_peer();                                                         \
        uint64_t begin = cycle_count();                                                               \
        struct lmp_message m = CALL_##words(peer);                                                    \
        sample->end = cycle_count();                                                                  \
        sample->begin = begin;                                                                        \
        return err_is_fail(m.err) || lmp_header_words(m.header) != words                              \
                   ? err_push(m.err, LIB_ERR_LMP_CHAN_RECV)                                           \
                   : SYS_ERR_OK;                                                                      \
    }

#define CALL_0(peer) lmp_chan_call(peer, 0, 0, 0, 0, 0, 0, 0, 0, 0)
#define CALL_4(peer) lmp_chan_call(peer, 4, 1, 2, 3, 4, 0, 0, 0, 0)
#define CALL_8(peer) lmp_chan_call(peer, 8, 1, 2, 3, 4, 5, 6, 7, 8)

ONE_WAY_SAMPLE(0)
ONE_WAY_SAMPLE(4)
ONE_WAY_SAMPLE(8)
ROUND_TRIP_SAMPLE(0)
ROUND_TRIP_SAMPLE(4)
ROUND_TRIP_SAMPLE(8)

/*
 * The capability travels: it leaves our CSpace with the call and comes back, into the slot that the previous
 * repetition left empty.
 */
static struct {
    struct capref cap;
    struct capref empty;
} travel;

static errval_t cap_setup(const struct bench *bench)
{
    (void)bench;
    errval_t err = frame_alloc(&travel.cap, BASE_PAGE_SIZE, NULL);
    if (err_is_ok(err)) {
        err = slot_alloc(&travel.empty);
    }
    return err_is_ok(err) ? bench_peer_set_mode(PEER_MODE_ECHO_CAP, NULL_CAP, NULL) : err;
}

static errval_t cap_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct lmp_chan *peer = bench_peer();
    uint64_t begin = cycle_count();
    lmp_chan_set_recv_slot(peer, travel.empty);
    struct lmp_message m = lmp_chan_call_cap(peer, LMP_FLAG_GIVE, travel.cap, 0, 0, 0, 0, 0);
    sample->end = cycle_count();
    sample->begin = begin;
    if (err_is_fail(m.err) || !lmp_header_has_cap(m.header)) {
        return err_push(m.err, LIB_ERR_LMP_CHAN_RECV);
    }
    travel.empty = travel.cap;
    lmp_endpoint_take_caps(peer->endpoint, 1, &travel.cap);
    return SYS_ERR_OK;
}

static errval_t cap_teardown(const struct bench *bench)
{
    (void)bench;
    lmp_chan_set_recv_slot(bench_peer(), NULL_CAP);
    errval_t err = slot_free(travel.empty);
    return err_is_ok(err) ? ram_free(travel.cap) : err;
}

#define ONE_WAY(words)                                                                              \
    {                                                                                               \
        .name = "lmp.one_way", .params = "words=" #words, .unit = "cycles", .setup = one_way_setup, \
        .sample = one_way_sample_##words,                                                           \
    }
#define ROUND_TRIP(words)                                                                                 \
    {                                                                                                     \
        .name = "lmp.round_trip", .params = "words=" #words, .unit = "cycles", .setup = round_trip_setup, \
        .sample = round_trip_sample_##words,                                                              \
    }

static const struct bench benches[] = {
    ONE_WAY(0),
    ONE_WAY(4),
    ONE_WAY(8),
    ROUND_TRIP(0),
    ROUND_TRIP(4),
    ROUND_TRIP(8),
    {
        .name = "lmp.round_trip_cap",
        .params = "words=0",
        .unit = "cycles",
        .setup = cap_setup,
        .sample = cap_sample,
        .teardown = cap_teardown,
    },
};

BENCH_SUITE(lmp, benches, .needs_peer = true);
