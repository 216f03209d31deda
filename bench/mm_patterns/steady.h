/**
 * Patterns that go round a table of blocks, so that an operation finds about the same state again and again.
 *
 * bench->argument is STEADY(pattern, blocks). A block has one page; in the pattern `random` 1 to 16.
 */
#ifndef MM_PATTERNS_STEADY_H
#define MM_PATTERNS_STEADY_H

#include <harness/harness.h>

enum steady_pattern {
    SEQUENTIAL,        ///< All blocks are allocated, then all freed in the same order.
    RANDOM,            ///< Any block is freed, and one of another size takes its place.
    PRODUCER_CONSUMER, ///< The oldest block is freed, a new one allocated.
    LONG_LIVED,        ///< One block comes and goes between others that stay, with gaps between them.
};

#define STEADY(pattern, blocks) ((uint64_t)(pattern) << 32 | (blocks))

errval_t steady_setup(const struct bench *bench);
errval_t steady_prepare_alloc(const struct bench *bench);
errval_t steady_alloc(const struct bench *bench, struct bench_sample *sample);
errval_t steady_prepare_free(const struct bench *bench);
errval_t steady_free(const struct bench *bench, struct bench_sample *sample);
errval_t steady_cleanup_free(const struct bench *bench);

#endif
