/**
 * The bench domain: runs the benches of one suite.
 *
 * Arguments: suite=NAME, first=N (number in this boot of the suite's first bench), from=K (first bench of the
 * suite to run; the others were run by a domain that died), samples=N (repetitions for every bench; 0: as the
 * bench says), fault=NAME (make this bench die half way), slow=NAME:P (make each repetition of this bench P
 * percent longer).
 */
#include <aos/aos.h>
#include <aos/rpc.h>
#include <interfaces/bench.h>
#include <interfaces/monitor.h>
#include <harness/harness.h>
#include <harness/must.h>
#include <harness/overhead.h>
#include <harness/peer.h>
#include <harness/protocol.h>
#include <harness/report.h>
#include <harness/reservoir.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trace/trace.h>

#define STATUS_BYTES 256

extern const struct bench_suite *const bench_suites_start[], *const bench_suites_end[];

/// Unmapped in every domain. Volatile, so that the compiler does not know what it would be asked to read.
static volatile uintptr_t fault_address = 8;

static struct {
    const struct bench_suite *suite;
    uint32_t first;
    uint32_t from;
    uint32_t samples;
    const char *fault;
    const char *slow; ///< Name of the bench that is made slower, not terminated by 0 but by `slow_length`.
    size_t slow_length;
    uint32_t slow_percent;
    struct rpc_client *init;
    struct overhead overhead;
    bool overhead_is_stable;
    struct reservoir reservoir;
} run;

static const struct bench_suite *find_suite(const char *name)
{
    for (const struct bench_suite *const *at = bench_suites_start; at != bench_suites_end; at++) {
        if (strcmp((*at)->name, name) == 0) {
            return *at;
        }
    }
    return NULL;
}

static bool take_argument(const char *argument, const char *name, const char **value)
{
    size_t length = strlen(name);
    if (strncmp(argument, name, length) != 0 || argument[length] != '=') {
        return false;
    }
    *value = argument + length + 1;
    return true;
}

static void read_slow(const char *value)
{
    const char *colon = strchr(value, ':');
    if (colon) {
        run.slow = value;
        run.slow_length = (size_t)(colon - value);
        run.slow_percent = (uint32_t)strtoul(colon + 1, NULL, 10);
    }
}

static void read_arguments(int argc, char *argv[])
{
    for (int i = 1; i < argc; i++) {
        const char *value;
        if (take_argument(argv[i], "suite", &value)) {
            run.suite = find_suite(value);
        } else if (take_argument(argv[i], "first", &value)) {
            run.first = (uint32_t)strtoul(value, NULL, 10);
        } else if (take_argument(argv[i], "from", &value)) {
            run.from = (uint32_t)strtoul(value, NULL, 10);
        } else if (take_argument(argv[i], "samples", &value)) {
            run.samples = (uint32_t)strtoul(value, NULL, 10);
        } else if (take_argument(argv[i], "fault", &value)) {
            run.fault = value;
        } else if (take_argument(argv[i], "slow", &value)) {
            read_slow(value);
        } else {
            USER_PANIC("there is no argument '%s'", argv[i]);
        }
    }
    if (!run.suite) {
        USER_PANIC("there is no such suite");
    }
}

static void connect_peer(void)
{
    struct capref service;
    must(bench_get_peer(run.init, &service), "asking for a peer");
    must(bench_peer_connect(service), "connecting to the peer");
}

static errval_t step(errval_t (*function)(const struct bench *), const struct bench *bench)
{
    return function ? function(bench) : SYS_ERR_OK;
}

static errval_t repeat(const struct bench *bench, struct bench_sample *sample)
{
    if (TRACE_ENABLED_LMP && bench->is_long) {
        must(bench_drain(run.init), "sending the trace before a repetition");
    }
    errval_t err = step(bench->prepare, bench);
    if (err_is_ok(err)) {
        err = bench->sample(bench, sample);
    }
    return err_is_ok(err) ? step(bench->cleanup, bench) : err;
}

static bool is_slowed(const struct bench *bench)
{
    return run.slow && strcmp(bench->unit, "cycles") == 0 && strlen(bench->name) == run.slow_length
           && strncmp(bench->name, run.slow, run.slow_length) == 0;
}

/// Keeps the processor busy after a repetition and counts that as part of it.
static void lengthen(struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    uint64_t wanted = (sample->end - sample->begin) * run.slow_percent / 100;
    uint64_t spent;
    do {
        spent = cycle_count() - begin;
    } while (spent < wanted);
    sample->end += spent;
}

/// What to subtract from a sample: nothing if it is not a count of cycles.
static uint64_t overhead_of(const struct bench *bench)
{
    return strcmp(bench->unit, "cycles") == 0 ? run.overhead.median : 0;
}

static unsigned repetitions_of(const struct bench *bench)
{
    if (TRACE_ENABLED_LMP && bench->is_long) {
        return BENCH_BRIEF;
    }
    if (run.samples) {
        return run.samples;
    }
    unsigned all = bench->repetitions ? bench->repetitions : BENCH_REPETITIONS;
    return TRACE_ENABLED_LMP && all > BENCH_TRACED ? BENCH_TRACED : all;
}

static errval_t measure(const struct bench *bench, uint32_t number, unsigned repetitions)
{
    struct bench_sample sample;
    errval_t err = SYS_ERR_OK;
    unsigned warm_up = bench->is_history ? 0 : BENCH_WARM_UP;
    warm_up = warm_up < repetitions ? warm_up : repetitions;
    for (unsigned i = 0; i < warm_up && err_is_ok(err); i++) {
        err = repeat(bench, &sample);
    }
    bool faults = run.fault && strcmp(run.fault, bench->name) == 0;
    bool slowed = is_slowed(bench);
    trace_bench_run_begin(number, repetitions);
    for (unsigned i = 0; i < repetitions && err_is_ok(err); i++) {
        err = repeat(bench, &sample);
        if (err_is_ok(err)) {
            if (slowed) {
                lengthen(&sample);
            }
            reservoir_offer(&run.reservoir, (int64_t)(sample.end - sample.begin - overhead_of(bench)));
        }
        if (faults && i == repetitions / 2) {
            (void)*(const volatile uint32_t *)fault_address;
        }
    }
    trace_bench_run_end(number);
    return err;
}

static void run_bench(uint32_t index)
{
    const struct bench *bench = &run.suite->benches[index];
    uint32_t number = run.first + index;
    const unsigned repetitions = repetitions_of(bench);
    char status[STATUS_BYTES] = "ok";

    must(bench_begin(run.init, index), "telling init");
    reservoir_init(&run.reservoir);
    report_begin(number, repetitions);
    errval_t err = step(bench->setup, bench);
    if (err_is_ok(err)) {
        err = measure(bench, number, repetitions);
        errval_t end = step(bench->teardown, bench);
        err = err_is_ok(err) ? end : err;
    }
    if (err_is_fail(err)) {
        strcpy(status, "failed: ");
        err_describe(status + strlen(status), sizeof(status) - strlen(status), err);
    } else if (!run.overhead_is_stable) {
        snprintf(status, sizeof(status),
                 "failed: the overhead of a measurement is not stable: quartiles %lu, %lu and %lu cycles",
                 run.overhead.lower, run.overhead.median, run.overhead.upper);
    }
    report_samples(number, run.reservoir.samples, reservoir_kept(&run.reservoir));
    report_end(number, status, overhead_of(bench), run.reservoir.count);
    must(bench_end(run.init, index), "telling init");
}

/// Those before the first that needs a core which does not run.
static uint32_t possible_benches(const struct bench_suite *suite)
{
    struct rpc_client *init;
    uint64_t cores;
    must(rpc_init_channel(&init), "the channel to init");
    must(monitor_cores(init, &cores), "asking for the cores");
    uint32_t count = 0;
    while (count < suite->bench_count && (cores >> suite->benches[count].core & 1)) {
        count++;
    }
    return count;
}

int main(int argc, char *argv[])
{
    read_arguments(argc, argv);
    must(rpc_connect("bench", &bench_interface, &run.init), "connecting to init");
    const struct bench_suite *suite = run.suite;
    const uint32_t count = possible_benches(suite);
    must(bench_plan(run.init, count), "telling init");
    for (uint32_t i = 0; i < count && run.from == 0; i++) {
        const struct bench *bench = &suite->benches[i];
        report_plan(run.first + i, bench->name, bench->params, bench->unit);
    }
    if (suite->needs_peer) {
        connect_peer();
    }
    if (suite->server) {
        must(bench_server(run.init, suite->server), "asking for a server");
    }
    run.overhead_is_stable = overhead_measure(&run.overhead);
    for (uint32_t i = run.from; i < count; i++) {
        run_bench(i);
    }
    return EXIT_SUCCESS;
}
