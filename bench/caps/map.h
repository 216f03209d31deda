/**
 * Mapping one page of a frame in page tables of the bench's own, by the plain operations on capabilities.
 */
#ifndef BENCH_CAPS_MAP_H
#define BENCH_CAPS_MAP_H

#include <harness/harness.h>

errval_t map_setup(const struct bench *bench);
errval_t map_teardown(const struct bench *bench);

errval_t map_do(const struct bench *bench);
errval_t map_undo(const struct bench *bench);

errval_t map_sample(const struct bench *bench, struct bench_sample *sample);
errval_t unmap_sample(const struct bench *bench, struct bench_sample *sample);
errval_t protect_sample(const struct bench *bench, struct bench_sample *sample);

#endif
