/**
 * Channels in shared memory. Costs on one side are measured with both ends in this domain: the other end
 * keeps up, between the samples. Everything else is with a peer on another core (bench/umppeer).
 */
#include <aos/aos.h>
#include <aos/process.h>
#include <aos/rpc.h>
#include <aos/ump.h>
#include <harness/harness.h>
#include <interfaces/monitor.h>
#include <stdlib.h>
#include <string.h>
#include <ump/protocol.h>

#define NOTIFY "notify=" UMP_STRATEGY

#define CONNECT_TRIES 1000
#define TRY_US        100

/* Both ends here. */

static struct {
    struct ump_chan near, far;
    void *memory;
} pair;

static errval_t pair_setup(const struct bench *bench)
{
    (void)bench;
    pair.memory = aligned_alloc(UMP_LINE_BYTES, UMP_BENCH_FRAME);
    if (!pair.memory) {
        return LIB_ERR_MALLOC_FAIL;
    }
    memset(pair.memory, 0, UMP_BENCH_FRAME);
    errval_t err = ump_chan_init(&pair.near, pair.memory, UMP_BENCH_FRAME, 0, NULL_CAP, 0);
    return err_is_ok(err) ? ump_chan_init(&pair.far, pair.memory, UMP_BENCH_FRAME, 1, NULL_CAP, 0) : err;
}

static errval_t pair_teardown(const struct bench *bench)
{
    (void)bench;
    free(pair.memory);
    return SYS_ERR_OK;
}

/// An end as programs have it: its address in a register.
static inline struct ump_chan *end_of(struct ump_chan *chan)
{
    __asm__ volatile("" : "+r"(chan));
    return chan;
}

/// What the sample has sent is taken, or what it shall take is sent; and an answer the other way, as in a
/// call.
static errval_t exchange(struct ump_chan *from, struct ump_chan *to)
{
    struct ump_message m;
    return ump_chan_try_send(from, UMP_HEADER(7, 0), 1, 2, 3, 4, 5, 6, 7) && ump_chan_try_recv(to, &m)
               ? SYS_ERR_OK
               : LIB_ERR_UMP_FULL;
}

#define SEND_SAMPLE(words)                                                                      \
    static errval_t send_sample_##words(const struct bench *bench, struct bench_sample *sample) \
    {                                                                                           \
        struct ump_chan *near = end_of(&pair.near);                                             \
        uint64_t w = bench->argument;                                                           \
        uint64_t begin = cycle_count();                                                         \
        bool sent = ump_chan_try_send(near, UMP_HEADER(words, 0), w, w, w, w, w, w, w);         \
        sample->end = cycle_count();                                                            \
        sample->begin = begin;                                                                  \
        return sent ? SYS_ERR_OK : LIB_ERR_UMP_FULL;                                            \
    }

SEND_SAMPLE(1)
SEND_SAMPLE(7)

static errval_t take_and_answer(const struct bench *bench)
{
    (void)bench;
    struct ump_message m;
    return ump_chan_try_recv(&pair.far, &m) ? exchange(&pair.far, &pair.near) : LIB_ERR_NO_UMP_MSG;
}

static errval_t send_for_receive(const struct bench *bench)
{
    (void)bench;
    return ump_chan_try_send(&pair.far, UMP_HEADER(7, 0), 1, 2, 3, 4, 5, 6, 7) ? SYS_ERR_OK
                                                                               : LIB_ERR_UMP_FULL;
}

/// All words are wanted, in registers.
static errval_t receive_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct ump_chan *near = end_of(&pair.near);
    struct ump_message m;
    uint64_t begin = cycle_count();
    bool came = ump_chan_try_recv(near, &m);
    if (came) {
        __asm__ volatile("" ::"r"(m.w[0]), "r"(m.w[1]), "r"(m.w[2]), "r"(m.w[3]), "r"(m.w[4]), "r"(m.w[5]),
                         "r"(m.w[6]), "r"(m.header));
    }
    sample->end = cycle_count();
    sample->begin = begin;
    return came ? exchange(&pair.near, &pair.far) : LIB_ERR_NO_UMP_MSG;
}

static errval_t poll_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    const struct ump_chan *near = end_of(&pair.near);
    uint64_t begin = cycle_count();
    if (ump_chan_can_recv(near)) {
        return LIB_ERR_UMP_FULL;
    }
    sample->end = cycle_count();
    sample->begin = begin;
    return SYS_ERR_OK;
}

/* With a peer on another core. */

static struct {
    struct ump_chan chan;
    struct ump_bench_line *line;
    char *bytes;
    domainid_t pid;
    uint32_t channels[2];
    coreid_t core; ///< 0: there is none.
} peer;

static errval_t bind(coreid_t core, void **memory, uint32_t *channel, uint32_t *side, struct capref *wake)
{
    struct rpc_client *init;
    struct capref frame;
    uint32_t peer_core;
    errval_t err = rpc_init_channel(&init);
    for (unsigned i = 0; err_is_ok(err) && i < CONNECT_TRIES; i++) {
        err = monitor_bind_ump(init, core, UMP_BENCH_SERVICE, UMP_BENCH_HASH, UMP_BENCH_FRAME, channel, side,
                               &peer_core, &frame, wake);
        if (err_no(err) != RPC_ERR_NO_SERVICE) {
            break;
        }
        thread_sleep_us(TRY_US); // it is on its way
        err = SYS_ERR_OK;
    }
    return err_is_ok(err) ? paging_map_frame_attr(get_current_paging_state(), memory, UMP_BENCH_FRAME, frame,
                                                  VREGION_FLAGS_READ_WRITE)
                          : err;
}

static errval_t start_peer(coreid_t core)
{
    static const char *const argv[] = {"umppeer", NULL};
    const struct process_options options = {.core = core, .is_detached = true};
    return process_spawn("umppeer", argv, &options, &peer.pid);
}

static errval_t end_peer(void)
{
    return ump_chan_send(&peer.chan, UMP_HEADER(2, UMP_BENCH_COMMAND), UMP_BENCH_END, 0, 0, 0, 0, 0, 0);
}

/// The peer of one core stays for all benches with it.
static errval_t use_peer(coreid_t core)
{
    if (peer.core == core) {
        return SYS_ERR_OK;
    }
    void *memory;
    uint32_t side;
    struct capref wake, unused;
    errval_t err = peer.core ? end_peer() : SYS_ERR_OK;
    if (err_is_ok(err)) {
        err = start_peer(core);
    }
    if (err_is_ok(err)) {
        err = bind(core, &memory, &peer.channels[0], &side, &wake);
    }
    if (err_is_ok(err)) {
        err =
            ump_chan_init(&peer.chan, memory, UMP_BENCH_FRAME, side, wake, ump_chan_number(peer.channels[0]));
    }
    if (err_is_ok(err)) {
        err = bind(core, &memory, &peer.channels[1], &side, &unused);
        peer.line = memory;
    }
    if (err_is_ok(err)) {
        peer.core = core;
    }
    return err;
}

static errval_t command(const struct bench *bench, enum ump_bench_command what, uint64_t argument)
{
    errval_t err = use_peer(bench->core);
    return err_is_ok(err)
               ? ump_chan_send(&peer.chan, UMP_HEADER(2, UMP_BENCH_COMMAND), what, argument, 0, 0, 0, 0, 0)
               : err;
}

#define ROUND_TRIP_SAMPLE(words)                                                                            \
    static errval_t round_trip_setup_##words(const struct bench *bench)                                     \
    {                                                                                                       \
        return command(bench, UMP_BENCH_ECHO_##words, 0);                                                   \
    }                                                                                                       \
    static errval_t round_trip_sample_##words(const struct bench *bench, struct bench_sample *sample)       \
    {                                                                                                       \
        struct ump_message m = {.header = 0};                                                               \
        uint64_t w = bench->argument;                                                                       \
        uint64_t begin = cycle_count();                                                                     \
        errval_t err = ump_chan_send(&peer.chan, UMP_HEADER(words, 0), w, w, w, w, w, w, w);                \
        if (err_is_ok(err)) {                                                                               \
            err = ump_chan_recv(&peer.chan, &m);                                                            \
        }                                                                                                   \
        sample->end = cycle_count();                                                                        \
        sample->begin = begin;                                                                              \
        return err_is_ok(err) && (UMP_WORDS(m.header) != (words) || m.w[(words)-1] != w) ? RPC_ERR_PROTOCOL \
                                                                                         : err;             \
    }

ROUND_TRIP_SAMPLE(1)
ROUND_TRIP_SAMPLE(7)

static uint64_t line_number;

static errval_t line_setup(const struct bench *bench)
{
    errval_t err = command(bench, UMP_BENCH_LINE, 0);
    if (err_is_ok(err)) {
        // The peer begins.
        while ((line_number = __atomic_load_n(&peer.line->number, __ATOMIC_ACQUIRE)) != 1) {
            __asm__ volatile("yield");
        }
    }
    return err;
}

static errval_t line_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    uint64_t now = ump_bench_line_step(peer.line, line_number + 1);
    sample->end = cycle_count();
    sample->begin = begin;
    const bool is_right = now == line_number + 2;
    line_number = now;
    return is_right ? SYS_ERR_OK : RPC_ERR_PROTOCOL;
}

static errval_t line_teardown(const struct bench *bench)
{
    (void)bench;
    __atomic_store_n(&peer.line->number, UMP_BENCH_LINE_END, __ATOMIC_RELEASE);
    return SYS_ERR_OK;
}

static errval_t bytes_setup(const struct bench *bench)
{
    peer.bytes = malloc(bench->argument);
    if (!peer.bytes) {
        return LIB_ERR_MALLOC_FAIL;
    }
    memset(peer.bytes, 'x', bench->argument);
    return command(bench, UMP_BENCH_BYTES, bench->argument);
}

static errval_t bytes_sample(const struct bench *bench, struct bench_sample *sample)
{
    struct ump_message m;
    uint64_t begin = cycle_count();
    errval_t err = ump_chan_send_bytes(&peer.chan, 0, peer.bytes, bench->argument);
    if (err_is_ok(err)) {
        err = ump_chan_recv(&peer.chan, &m);
    }
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && m.w[0] != bench->argument ? RPC_ERR_PROTOCOL : err;
}

static errval_t bytes_teardown(const struct bench *bench)
{
    (void)bench;
    free(peer.bytes);
    return SYS_ERR_OK;
}

#define LOCAL(bench_name, parameters, ...)                                                               \
    {                                                                                                    \
        .name = bench_name, .params = parameters, .unit = "cycles", .argument = 21, .setup = pair_setup, \
        .teardown = pair_teardown, __VA_ARGS__                                                           \
    }
#define ROUND_TRIP(peer_core, words)                                                              \
    {                                                                                             \
        .name = "ump.round_trip", .params = NOTIFY ",cores=0-" #peer_core ",words=" #words,       \
        .unit = "cycles", .argument = 21, .core = (peer_core), .setup = round_trip_setup_##words, \
        .sample = round_trip_sample_##words,                                                      \
    }
#define LINE(peer_core)                                                                             \
    {                                                                                               \
        .name = "ump.line", .params = "cores=0-" #peer_core, .unit = "cycles", .core = (peer_core), \
        .setup = line_setup, .sample = line_sample, .teardown = line_teardown,                      \
    }
#define BYTES(peer_core, count)                                                                             \
    {                                                                                                       \
        .name = "ump.bytes", .params = NOTIFY ",cores=0-" #peer_core ",bytes=" #count, .unit = "cycles",    \
        .argument = (count), .repetitions = 50, .is_long = true, .core = (peer_core), .setup = bytes_setup, \
        .sample = bytes_sample, .teardown = bytes_teardown,                                                 \
    }
#define WITH_PEER(peer_core) LINE(peer_core), ROUND_TRIP(peer_core, 1), ROUND_TRIP(peer_core, 7)

static const struct bench benches[] = {
    LOCAL("ump.send", NOTIFY ",words=1", .sample = send_sample_1, .cleanup = take_and_answer),
    LOCAL("ump.send", NOTIFY ",words=7", .sample = send_sample_7, .cleanup = take_and_answer),
    LOCAL("ump.receive", NOTIFY ",words=7", .prepare = send_for_receive, .sample = receive_sample),
    LOCAL("ump.poll", NOTIFY, .sample = poll_sample),
    WITH_PEER(1),
    BYTES(1, 64),
    BYTES(1, 512),
    BYTES(1, 4096),
    BYTES(1, 65536),
    BYTES(1, 1048576),
    WITH_PEER(2),
    WITH_PEER(3),
};

BENCH_SUITE(ump, benches);
