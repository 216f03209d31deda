/**
 * Many blocks of one page with a gap of one page below each: how an operation's cost grows with their number.
 *
 * bench->argument is the number of blocks. A block that any other could have been is freed, which makes one
 * range of it and both gaps; two pages are allocated, which fit only there; the lower one is freed again.
 * After each round everything is as before.
 */
#ifndef MM_PATTERNS_SCATTERED_H
#define MM_PATTERNS_SCATTERED_H

#include <harness/harness.h>

errval_t scattered_setup(const struct bench *bench);
errval_t scattered_prepare_alloc(const struct bench *bench);
errval_t scattered_alloc(const struct bench *bench, struct bench_sample *sample);
errval_t scattered_cleanup_alloc(const struct bench *bench);
errval_t scattered_prepare_free(const struct bench *bench);
errval_t scattered_free(const struct bench *bench, struct bench_sample *sample);
errval_t scattered_cleanup_free(const struct bench *bench);

#endif
