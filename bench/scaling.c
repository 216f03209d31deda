/**
 * How many messages a second all cores together exchange: each with each, and all with one
 * server; and what the memory servers do. A worker
 * on each core (bench/scaler) counts what it did in the same stretch of time.
 *
 * In icount mode the emulator runs cores in turns and time is the sum of what all of them execute: then a row
 * says what a message costs all cores together, and that it does not become more with the number of cores.
 * How much several cores do at once only realtime mode tells, as far as the host has cores, or a board.
 */
#include <aos/aos.h>
#include <aos/process.h>
#include <harness/harness.h>
#include <scaling/protocol.h>
#include <stdio.h>
#include <trace/trace.h>

#define LEAD_US     1000000UL ///< For all workers to start and to find each other,
#define LEAD_OF_ONE 100000UL  ///< and more for each.
#define LASTS_US    20000UL
#define CORES_MOST  16
#define STRETCHES   (TRACE_ENABLED_UMP ? 1 : 3) ///< Traced, one makes enough events.

static errval_t start(const char *role, unsigned core, unsigned cores, uint64_t begin, uint64_t end,
                      domainid_t *pid)
{
    char number[16], from[24], to[24];
    const char *const argv[] = {"scaler", role, number, from, to, NULL};
    const struct process_options options = {.core = core};
    snprintf(number, sizeof(number), "%u", cores);
    snprintf(from, sizeof(from), "%lu", (unsigned long)begin);
    snprintf(to, sizeof(to), "%lu", (unsigned long)end);
    return process_spawn("scaler", argv, &options, pid);
}

/// Runs a worker on each core from `first` on. \param sum of what they have counted
static errval_t run(const char *role, unsigned first, unsigned cores, uint64_t *sum)
{
    domainid_t pids[CORES_MOST];
    const uint64_t begin = clock_ticks() + clock_ticks_of_us(LEAD_US + cores * LEAD_OF_ONE);
    errval_t err = SYS_ERR_OK;
    unsigned started = first;
    for (; started < cores && err_is_ok(err); started += err_is_ok(err)) {
        err = start(role, started, cores, begin, begin + clock_ticks_of_us(LASTS_US), &pids[started]);
    }
    *sum = 0;
    for (unsigned core = first; core < started; core++) {
        struct process_end end;
        errval_t wait_err = process_wait(pids[core], &end);
        if (err_is_ok(err)) {
            err = wait_err;
        }
        if (err_is_ok(err) && (end.reason != PROCESS_EXITED || !(end.exit_code & SCALING_GOOD))) {
            err = INIT_ERR_CHILD_DIED;
        }
        *sum += err_is_ok(err) ? (uint32_t)end.exit_code & ~SCALING_GOOD : 0;
    }
    return err;
}

static errval_t sample_of(const char *role, unsigned first, unsigned cores, struct bench_sample *sample)
{
    uint64_t sum;
    errval_t err = run(role, first, cores, &sum);
    sample->begin = 0;
    sample->end = sum * 1000000 / LASTS_US;
    return err;
}

static errval_t pairs(const struct bench *bench, struct bench_sample *sample)
{
    return sample_of(SCALING_PAIRS, 0, bench->core + 1, sample);
}

/// The server is on the first core, a client on each other one.
static errval_t server(const struct bench *bench, struct bench_sample *sample)
{
    return sample_of(SCALING_CLIENT, 1, bench->core + 1, sample);
}

/// Each takes from its own core's server, which may have to ask the first core's (axis `ram`).
static errval_t memory(const struct bench *bench, struct bench_sample *sample)
{
    return sample_of(SCALING_MEMORY, 0, bench->core + 1, sample);
}

#define ROW(row, count, what, function)                                                          \
    {                                                                                            \
        .name = "scaling." row, .params = "cores=" #count, .unit = what "/s", .core = (count)-1, \
        .repetitions = STRETCHES, .is_history = true, .sample = (function)                       \
    }

#define ROWS(count)                                                                \
    ROW("pairs", count, "messages", pairs), ROW("server", count, "calls", server), \
        ROW("memory", count, "calls", memory)

static const struct bench benches[] = {
    ROWS(2),
    ROWS(4),
    ROWS(8),
    ROWS(16),
};

BENCH_SUITE(scaling, benches, .server = "echo");
