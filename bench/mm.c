/**
 * The physical memory manager of the strategy that the build chose.
 *
 * Rows with on=ranges measure its range tracking alone, on addresses that no capability stands behind, so
 * that strategies are compared and not the kernel; those with on=capabilities a whole ram_alloc or ram_free.
 * mm_patterns has the patterns, one a file.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <mm_patterns/boot_trace.h>
#include <mm_patterns/history.h>
#include <mm_patterns/misaligned.h>
#include <mm_patterns/scattered.h>
#include <mm_patterns/steady.h>

static struct capref ram;

static errval_t ram_alloc_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = ram_alloc(&ram, BASE_PAGE_SIZE);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t ram_free_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = ram_free(ram);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t make_ram(const struct bench *bench)
{
    (void)bench;
    return ram_alloc(&ram, BASE_PAGE_SIZE);
}

static errval_t free_ram(const struct bench *bench)
{
    (void)bench;
    return ram_free(ram);
}

#define STRATEGY                   ",strategy=" MM_STRATEGY
#define ON_RANGES(pattern, number) "pattern=" pattern ",blocks=" #number ",on=ranges" STRATEGY
#define STEADY_ROWS(value, text, number)                                                          \
    {.name = "mm.alloc",                                                                          \
     .params = ON_RANGES(text, number),                                                           \
     .unit = "cycles",                                                                            \
     .argument = STEADY(value, number),                                                           \
     .setup = steady_setup,                                                                       \
     .prepare = steady_prepare_alloc,                                                             \
     .sample = steady_alloc},                                                                     \
    {                                                                                             \
        .name = "mm.free", .params = ON_RANGES(text, number), .unit = "cycles",                   \
        .argument = STEADY(value, number), .setup = steady_setup, .prepare = steady_prepare_free, \
        .sample = steady_free, .cleanup = steady_cleanup_free                                     \
    }

/* A list walks half its length in each of the three operations of a sample: the more blocks, the fewer
 * samples. */
#define SCATTERED_ROWS(number, samples)                                                                      \
    {.name = "mm.alloc",                                                                                     \
     .params = ON_RANGES("scattered", number),                                                               \
     .unit = "cycles",                                                                                       \
     .argument = (number),                                                                                   \
     .repetitions = (samples),                                                                               \
     .setup = scattered_setup,                                                                               \
     .prepare = scattered_prepare_alloc,                                                                     \
     .sample = scattered_alloc,                                                                              \
     .cleanup = scattered_cleanup_alloc},                                                                    \
    {                                                                                                        \
        .name = "mm.free", .params = ON_RANGES("scattered", number), .unit = "cycles", .argument = (number), \
        .repetitions = (samples), .setup = scattered_setup, .prepare = scattered_prepare_free,               \
        .sample = scattered_free, .cleanup = scattered_cleanup_free                                          \
    }

#define MISALIGNED_ROW(number, samples)                                                                  \
    {                                                                                                    \
        .name = "mm.alloc", .params = ON_RANGES("misaligned,alignment=16384", number), .unit = "cycles", \
        .argument = (number), .repetitions = (samples), .setup = misaligned_setup,                       \
        .prepare = misaligned_prepare, .sample = misaligned_sample                                       \
    }
_Static_assert(MISALIGNED_ALIGNMENT == 16384, "the parameter of the rows says so");

#define HISTORY_ROW(value, pattern, number, each, samples)                                                \
    {                                                                                                     \
        .name = "mm.fragmentation", .params = "pattern=" pattern ",every=" #each ",on=ranges" STRATEGY,   \
        .unit = "permille", .argument = HISTORY(value, number, each), .repetitions = (samples),           \
        .is_history = true, .setup = history_setup, .prepare = history_prepare, .sample = history_sample, \
    }

/* The rows with capabilities stand first: the others take memory for their nodes and keep it. */
static const struct bench benches[] = {
    {
        .name = "mm.alloc",
        .params = "pattern=immediate,blocks=1,on=capabilities" STRATEGY,
        .unit = "cycles",
        .sample = ram_alloc_sample,
        .cleanup = free_ram,
    },
    {
        .name = "mm.free",
        .params = "pattern=immediate,blocks=1,on=capabilities" STRATEGY,
        .unit = "cycles",
        .prepare = make_ram,
        .sample = ram_free_sample,
    },
    {
        .name = "mm.alloc",
        .params = "pattern=boot_trace,on=ranges" STRATEGY,
        .unit = "cycles",
        .setup = boot_trace_setup,
        .prepare = boot_trace_prepare_alloc,
        .sample = boot_trace_alloc,
    },
    {
        .name = "mm.free",
        .params = "pattern=boot_trace,on=ranges" STRATEGY,
        .unit = "cycles",
        .setup = boot_trace_setup,
        .prepare = boot_trace_prepare_free,
        .sample = boot_trace_free,
    },
    STEADY_ROWS(SEQUENTIAL, "sequential", 1000),
    STEADY_ROWS(RANDOM, "random", 100),
    STEADY_ROWS(RANDOM, "random", 1000),
    STEADY_ROWS(PRODUCER_CONSUMER, "producer_consumer", 1000),
    STEADY_ROWS(LONG_LIVED, "long_lived", 100),
    STEADY_ROWS(LONG_LIVED, "long_lived", 1000),
    SCATTERED_ROWS(1000, 1000),
    SCATTERED_ROWS(10000, 1000),
    SCATTERED_ROWS(100000, 200),
    SCATTERED_ROWS(1000000, 64),
    MISALIGNED_ROW(1000, 1000),
    MISALIGNED_ROW(10000, 1000),
    MISALIGNED_ROW(100000, 200),
    MISALIGNED_ROW(1000000, 64),
    HISTORY_ROW(ALL_IN_TURN, "sequential,blocks=1000", 1000, 16, 500),
    HISTORY_ROW(ANY, "random,blocks=100", 100, 16, 500),
    HISTORY_ROW(ANY, "random,blocks=1000", 1000, 16, 500),
    HISTORY_ROW(OLDEST, "producer_consumer,blocks=1000", 1000, 16, 500),
    HISTORY_ROW(ANY_BUT_EIGHTH, "long_lived,blocks=1000", 1000, 16, 500),
    HISTORY_ROW(RECORDED, "boot_trace", 0, 1, 100),
};

BENCH_SUITE(mm, benches);
