/**
 * How fragmented memory is while blocks of 1 to 16 pages come and go: a history that begins in empty memory,
 * with a sample after every few operations, one allocation or free each.
 *
 * bench->argument is HISTORY(pattern, blocks, operations a sample).
 */
#ifndef MM_PATTERNS_HISTORY_H
#define MM_PATTERNS_HISTORY_H

#include <harness/harness.h>

enum history_pattern {
    ALL_IN_TURN,    ///< All blocks are allocated, then all freed in the same order.
    ANY,            ///< Any block is freed, and one of another size takes its place.
    OLDEST,         ///< The oldest block is freed, a new one allocated.
    ANY_BUT_EIGHTH, ///< As ANY, but every eighth block is one page that stays for good.
    RECORDED,       ///< A boot, boot_trace.h.
};

#define HISTORY(pattern, blocks, every) ((uint64_t)(pattern) << 56 | (uint64_t)(every) << 32 | (blocks))

errval_t history_setup(const struct bench *bench);

/// Carries out the operations of one sample.
errval_t history_prepare(const struct bench *bench);

/// How much of the free memory the largest possible allocation leaves, in permille.
errval_t history_sample(const struct bench *bench, struct bench_sample *sample);

#endif
