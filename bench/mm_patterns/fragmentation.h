/**
 * How much of the free memory the largest possible allocation leaves, while blocks of 1 to 16 pages come and
 * go. bench->argument is the number of blocks.
 */
#ifndef MM_PATTERNS_FRAGMENTATION_H
#define MM_PATTERNS_FRAGMENTATION_H

#include <harness/harness.h>

errval_t fragmentation_setup(const struct bench *bench);
errval_t fragmentation_prepare(const struct bench *bench);

/// In permille.
errval_t fragmentation_sample(const struct bench *bench, struct bench_sample *sample);

#endif
