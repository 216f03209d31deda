/**
 * Many free ranges that are large enough and lie badly: what an alignment costs that is neither a page nor
 * the size.
 *
 * bench->argument is the number of blocks. Two pages at a multiple of four fit only where a block has been
 * freed just before. After each round everything is as before.
 */
#ifndef MM_PATTERNS_MISALIGNED_H
#define MM_PATTERNS_MISALIGNED_H

#include <harness/harness.h>

#define MISALIGNED_ALIGNMENT 16384 ///< Four pages.

errval_t misaligned_setup(const struct bench *bench);
errval_t misaligned_prepare(const struct bench *bench);
errval_t misaligned_sample(const struct bench *bench, struct bench_sample *sample);

#endif
