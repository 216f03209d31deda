/**
 * Remote procedure calls through generated stubs, to the service `echo` in a domain of its own (bench/echo).
 *
 * `bytes` of a string are with its 0. How bytes travel that do not fit into registers is the axis `rpc`.
 */
#include <aos/aos.h>
#include <aos/process.h>
#include <harness/harness.h>
#include <interfaces/echo.h>
#include <stdlib.h>
#include <string.h>

#define STRATEGY ",strategy=" RPC_STRATEGY

#define BYTES_MAX   0x100000UL
#define CAPS_MAX    RPC_MAX_CAPS
#define CALLERS_MAX 16
#define BURST       8 ///< Calls of each thread in a sample of rpc.threads.

static struct rpc_client *echo;

static errval_t connect(const struct bench *bench)
{
    (void)bench;
    return rpc_connect("echo", &echo_interface, &echo);
}

static errval_t disconnect(const struct bench *bench)
{
    (void)bench;
    rpc_disconnect(echo);
    echo = NULL;
    return SYS_ERR_OK;
}

/* Numbers. */

/// `call` is measured; it sets `result`.
#define NUMBER_SAMPLE(name, call)                                                    \
    static errval_t name(const struct bench *bench, struct bench_sample *sample)     \
    {                                                                                \
        uint64_t result = 0;                                                         \
        uint64_t begin = cycle_count();                                              \
        errval_t err = (call);                                                       \
        sample->end = cycle_count();                                                 \
        sample->begin = begin;                                                       \
        return err_is_ok(err) && result != bench->argument ? RPC_ERR_PROTOCOL : err; \
    }

NUMBER_SAMPLE(number_sample, echo_number(echo, 21, &result))
NUMBER_SAMPLE(four_sample, echo_numbers(echo, 1, 2, 3, 4, &result))
NUMBER_SAMPLE(seven_sample, echo_seven(echo, 1, 2, 3, 4, 5, 6, 7, &result))
NUMBER_SAMPLE(twelve_sample, echo_twelve(echo, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, &result))

/* Bytes. */

static struct {
    char *out;
    char *back;
} room;

static errval_t connect_remote(const struct bench *bench);

static errval_t bytes_setup(const struct bench *bench)
{
    room.out = malloc(BYTES_MAX);
    room.back = malloc(BYTES_MAX);
    if (!room.out || !room.back) {
        return LIB_ERR_MALLOC_FAIL;
    }
    memset(room.out, 'x', BYTES_MAX);
    memset(room.back, 0, BYTES_MAX);
    room.out[bench->argument - 1] = 0;
    return bench->core ? connect_remote(bench) : connect(bench);
}

static errval_t bytes_teardown(const struct bench *bench)
{
    free(room.out);
    free(room.back);
    return disconnect(bench);
}

static errval_t string_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t length = 0;
    uint64_t begin = cycle_count();
    errval_t err = echo_string(echo, room.out, &length);
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && length + 1 != bench->argument ? RPC_ERR_PROTOCOL : err;
}

static errval_t in_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t length = 0;
    uint64_t begin = cycle_count();
    errval_t err = echo_take(echo, room.out, bench->argument, &length);
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && length != bench->argument ? RPC_ERR_PROTOCOL : err;
}

static errval_t out_sample(const struct bench *bench, struct bench_sample *sample)
{
    size_t length = 0;
    uint64_t begin = cycle_count();
    errval_t err = echo_fill(echo, bench->argument, 1, room.back, BYTES_MAX, &length);
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && length != bench->argument ? RPC_ERR_PROTOCOL : err;
}

static errval_t both_sample(const struct bench *bench, struct bench_sample *sample)
{
    size_t length = 0;
    uint64_t begin = cycle_count();
    errval_t err = echo_buffer(echo, room.out, bench->argument, room.back, BYTES_MAX, &length);
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && length != bench->argument ? RPC_ERR_PROTOCOL : err;
}

/* Capabilities: they leave with the call and come back with its reply. */

static struct capref travellers[CAPS_MAX];

static errval_t caps_setup(const struct bench *bench)
{
    errval_t err = connect(bench);
    for (unsigned i = 0; i < CAPS_MAX && err_is_ok(err); i++) {
        err = frame_alloc(&travellers[i], BASE_PAGE_SIZE, NULL);
    }
    return err;
}

static errval_t caps_teardown(const struct bench *bench)
{
    errval_t err = disconnect(bench);
    for (unsigned i = 0; i < CAPS_MAX && err_is_ok(err); i++) {
        err = ram_free(travellers[i]);
    }
    return err;
}

static errval_t pass(uint64_t count, const struct capref *gone)
{
    switch (count) {
    case 1:
        return echo_pass_one(echo, gone[0], &travellers[0]);
    case 2:
        return echo_pass_two(echo, gone[0], gone[1], &travellers[0], &travellers[1]);
    case 3:
        return echo_pass_three(echo, gone[0], gone[1], gone[2], &travellers[0], &travellers[1],
                               &travellers[2]);
    default:
        return echo_pass_four(echo, gone[0], gone[1], gone[2], gone[3], &travellers[0], &travellers[1],
                              &travellers[2], &travellers[3]);
    }
}

static errval_t caps_sample(const struct bench *bench, struct bench_sample *sample)
{
    struct capref gone[CAPS_MAX];
    memcpy(gone, travellers, sizeof(gone));
    uint64_t begin = cycle_count();
    errval_t err = pass(bench->argument, gone);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/* Several threads over one channel. */

static struct {
    struct thread *threads[CALLERS_MAX];
    struct thread_sem go;
    struct thread_sem done;
    bool stop;
    errval_t err;
} callers;

static int call_when_told(void *argument)
{
    const uint64_t number = (uintptr_t)argument;
    for (;;) {
        thread_sem_wait(&callers.go);
        if (*(volatile bool *)&callers.stop) {
            return 0;
        }
        for (unsigned i = 0; i < BURST; i++) {
            uint64_t twice = 0;
            errval_t err = echo_number(echo, number + i, &twice);
            if (err_is_fail(err) || twice != 2 * (number + i)) {
                callers.err = err_is_fail(err) ? err : RPC_ERR_PROTOCOL;
            }
        }
        thread_sem_post(&callers.done);
    }
}

static errval_t threads_setup(const struct bench *bench)
{
    errval_t err = connect(bench);
    callers.stop = false;
    callers.err = SYS_ERR_OK;
    for (uintptr_t i = 0; i < bench->argument && err_is_ok(err); i++) {
        err = thread_create(call_when_told, (void *)(i << 8), &callers.threads[i]);
    }
    thread_yield();
    return err;
}

/// A sample is what a call costs, with what waking its thread costs the eighth part of.
static errval_t threads_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    for (uint64_t i = 0; i < bench->argument; i++) {
        thread_sem_post(&callers.go);
    }
    for (uint64_t i = 0; i < bench->argument; i++) {
        thread_sem_wait(&callers.done);
    }
    sample->end = begin + (cycle_count() - begin) / (bench->argument * BURST);
    sample->begin = begin;
    return callers.err;
}

static errval_t threads_teardown(const struct bench *bench)
{
    errval_t err = SYS_ERR_OK;
    callers.stop = true;
    for (uint64_t i = 0; i < bench->argument; i++) {
        thread_sem_post(&callers.go);
    }
    for (uint64_t i = 0; i < bench->argument && err_is_ok(err); i++) {
        err = thread_join(callers.threads[i], NULL);
    }
    errval_t end = disconnect(bench);
    return err_is_ok(err) ? end : err;
}

/* Over UMP, to an `echo` on another core, which stays for all benches with it. */

#define CONNECT_TRIES 1000
#define TRY_US        100

static coreid_t echo_core; ///< Where it runs; 0: nowhere yet.

static errval_t start_echo(coreid_t core)
{
    static const char *const argv[] = {"echo", "service=echo.remote", NULL};
    const struct process_options options = {.core = core, .is_detached = true};
    domainid_t pid;
    errval_t err = core == echo_core ? SYS_ERR_OK : process_spawn("echo", argv, &options, &pid);
    echo_core = err_is_ok(err) ? core : echo_core;
    return err;
}

static errval_t connect_remote(const struct bench *bench)
{
    errval_t err = start_echo(bench->core);
    for (unsigned i = 0; err_is_ok(err) && i < CONNECT_TRIES; i++) {
        err = rpc_connect_at(bench->core, "echo.remote", &echo_interface, &echo);
        if (err_no(err_pop(err)) != RPC_ERR_NO_SERVICE) {
            break;
        }
        thread_sleep_us(TRY_US); // it is on its way
        err = i + 1 < CONNECT_TRIES ? SYS_ERR_OK : err;
    }
    return err;
}

/* Channels. */

static errval_t connect_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = connect(bench);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/// From the opening of a channel to behind its first call, and its end.
static errval_t whole_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t twice;
    uint64_t begin = cycle_count();
    errval_t err = connect(bench);
    if (err_is_ok(err)) {
        err = echo_number(echo, 1, &twice);
        disconnect(bench);
    }
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

#define NUMBERS(row, of, function, expected)                                                     \
    {                                                                                            \
        .name = (row), .params = of, .unit = "cycles", .argument = (expected), .setup = connect, \
        .sample = (function), .teardown = disconnect,                                            \
    }
#define BYTES(row, of, count, times, function)                                                         \
    {                                                                                                  \
        .name = (row), .params = "bytes=" #count of STRATEGY, .unit = "cycles", .argument = (count),   \
        .is_long = (count) > 1024, .repetitions = (times), .setup = bytes_setup, .sample = (function), \
        .teardown = bytes_teardown,                                                                    \
    }
#define STRING(count, times) BYTES("rpc.string", "", count, times, string_sample)
#define BUFFER(count, times)                                             \
    BYTES("rpc.buffer", ",direction=in", count, times, in_sample),       \
        BYTES("rpc.buffer", ",direction=out", count, times, out_sample), \
        BYTES("rpc.buffer", ",direction=both", count, times, both_sample)
#define CAPS(count)                                                                          \
    {                                                                                        \
        .name = "rpc.caps", .params = "caps=" #count, .unit = "cycles", .argument = (count), \
        .setup = caps_setup, .sample = caps_sample, .teardown = caps_teardown,               \
    }
#define CALLERS(count)                                                                                \
    {                                                                                                 \
        .name = "rpc.threads", .params = "callers=" #count, .unit = "cycles", .argument = (count),    \
        .is_long = (count) > 2, .repetitions = 200, .setup = threads_setup, .sample = threads_sample, \
        .teardown = threads_teardown,                                                                 \
    }

#define REMOTE(peer) "transport=ump,notify=" UMP_STRATEGY ",cores=0-" #peer
#define REMOTE_NUMBER(peer, row, of, function, expected)                                                    \
    {                                                                                                       \
        .name = (row), .params = REMOTE(peer) of, .unit = "cycles", .argument = (expected), .core = (peer), \
        .setup = connect_remote, .sample = (function), .teardown = disconnect,                              \
    }
#define REMOTE_BYTES(peer, row, of, count, times, function)                                                  \
    {                                                                                                        \
        .name = (row), .params = "bytes=" #count of "," REMOTE(peer), .unit = "cycles", .argument = (count), \
        .core = (peer), .is_long = (count) > 1024, .repetitions = (times), .setup = bytes_setup,             \
        .sample = (function), .teardown = bytes_teardown,                                                    \
    }

static const struct bench benches[] = {
    NUMBERS("rpc.number", "", number_sample, 42),
    NUMBERS("rpc.numbers", "words=1", number_sample, 42),
    NUMBERS("rpc.numbers", "words=4", four_sample, 10),
    NUMBERS("rpc.numbers", "words=7", seven_sample, 28),
    NUMBERS("rpc.numbers", "words=12" STRATEGY, twelve_sample, 78),
    STRING(1, 500),
    STRING(4, 500),
    STRING(16, 500),
    STRING(64, 500),
    STRING(256, 500),
    STRING(1024, 500),
    STRING(4096, 200),
    STRING(8192, 100),
    STRING(16384, 100),
    STRING(65536, 20),
    STRING(262144, 8),
    STRING(1048576, 4),
    BUFFER(64, 500),
    BUFFER(512, 500),
    BUFFER(2048, 500),
    BUFFER(4096, 200),
    BUFFER(8192, 100),
    BUFFER(65536, 20),
    CAPS(1),
    CAPS(2),
    CAPS(3),
    CAPS(4),
    CALLERS(1),
    CALLERS(2),
    CALLERS(4),
    CALLERS(16),
    {
        .name = "rpc.connect",
        .params = "part=open",
        .unit = "cycles",
        .repetitions = 200,
        .sample = connect_sample,
        .cleanup = disconnect,
    },
    {
        .name = "rpc.connect",
        .params = "part=whole",
        .unit = "cycles",
        .repetitions = 200,
        .sample = whole_sample,
    },
    REMOTE_NUMBER(1, "rpc.number", "", number_sample, 42),
    REMOTE_NUMBER(1, "rpc.numbers", ",words=4", four_sample, 10),
    REMOTE_NUMBER(1, "rpc.numbers", ",words=7", seven_sample, 28),
    REMOTE_NUMBER(1, "rpc.numbers", ",words=12", twelve_sample, 78),
    REMOTE_BYTES(1, "rpc.string", "", 16, 500, string_sample),
    REMOTE_BYTES(1, "rpc.string", "", 1024, 200, string_sample),
    REMOTE_BYTES(1, "rpc.string", "", 65536, 20, string_sample),
    REMOTE_BYTES(1, "rpc.string", "", 1048576, 4, string_sample),
    REMOTE_BYTES(1, "rpc.buffer", ",direction=in", 2048, 200, in_sample),
    REMOTE_BYTES(1, "rpc.buffer", ",direction=out", 2048, 200, out_sample),
    REMOTE_BYTES(1, "rpc.buffer", ",direction=both", 2048, 200, both_sample),
    REMOTE_BYTES(1, "rpc.buffer", ",direction=in", 65536, 20, in_sample),
    REMOTE_BYTES(1, "rpc.buffer", ",direction=out", 65536, 20, out_sample),
    REMOTE_BYTES(1, "rpc.buffer", ",direction=both", 65536, 20, both_sample),
    REMOTE_NUMBER(2, "rpc.number", "", number_sample, 42),
    REMOTE_NUMBER(3, "rpc.number", "", number_sample, 42),
};

BENCH_SUITE(rpc, benches, .server = "echo");
