/**
 * Benches: how a suite says what it measures. The harness does the rest: warm-up, repetition, overhead,
 * output.
 *
 * A suite is one file of bench/ with a table of struct bench and one BENCH_SUITE. The build finds the file;
 * nothing else is edited. Each suite runs in a domain of its own, with 16 MiB of RAM or
 * more (protocol.h).
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/cycles.h>
#include <aos/lmp_chan.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a bench's body hands back: when the measured operation began and when it was over. Of a bench whose
/// unit is not "cycles" the difference is the value itself, and no overhead is subtracted.
struct bench_sample {
    uint64_t begin;
    uint64_t end;
};

/**
 * One row of the results. Only `sample` is required; the others may be NULL. An error from any of them ends
 * the bench, and is the row's status. None of them prints or computes anything about the samples.
 */
struct bench {
    const char *name;   ///< "suite.bench"
    const char *params; ///< "k=v,k=v"
    const char *unit;   ///< "cycles": what cycle_count() counts.
    uint64_t argument;  ///< For the functions of the bench.
    coreid_t core; ///< It needs this core; a machine without it has neither the row, nor those behind it.
    unsigned repetitions; ///< 0: BENCH_REPETITIONS
    bool is_long;         ///< A repetition makes very many trace events: the traced boot does BENCH_BRIEF.
    bool is_history;      ///< Samples are states one after the other from the set-up on: no warm-up.
    errval_t (*setup)(const struct bench *bench);
    errval_t (*prepare)(const struct bench *bench); ///< Before each repetition, not measured.
    errval_t (*sample)(const struct bench *bench, struct bench_sample *sample);
    errval_t (*cleanup)(const struct bench *bench); ///< After each repetition, not measured.
    errval_t (*teardown)(const struct bench *bench);
};

struct bench_suite {
    const char *name; ///< Also the name of its file.
    const struct bench *benches;
    size_t bench_count;
    bool needs_peer; ///< A domain `peer` is started, see peer.h.
    const char
        *server; ///< Or a domain of this name, which says when it serves (interfaces/bench.rpc); may be NULL.
};

#define BENCH_REPETITIONS 1000
#define BENCH_WARM_UP     32   ///< Repetitions before the measured ones, but no more than these.
#define BENCH_TRACED      200  ///< Repetitions in a traced boot, at most,
#define BENCH_BRIEF       3    ///< and of what is long.
#define BENCH_MAX_SAMPLES 4096 ///< That are kept; beyond it a reservoir stands for all.

/// Registers a suite: BENCH_SUITE(name, table [, .needs_peer = true] [, .server = "domain"]).
#define BENCH_SUITE(id, table, ...)                                                         \
    static const struct bench_suite bench_suite_##id = {.name = #id,                        \
                                                        .benches = (table),                 \
                                                        .bench_count = ARRAY_LENGTH(table), \
                                                        __VA_ARGS__};                       \
    static const struct bench_suite *const bench_suite_pointer_##id                         \
        __attribute__((used, section(".bench_suites"))) = &bench_suite_##id

#endif
