/**
 * Samples that are kept: all of them up to BENCH_MAX_SAMPLES, beyond that a random choice in which each is
 * equally likely (Vitter's algorithm R). The choice repeats from run to run.
 */
#ifndef BENCH_RESERVOIR_H
#define BENCH_RESERVOIR_H

#include <harness/harness.h>

struct reservoir {
    uint64_t count; ///< Samples that were offered.
    uint64_t random;
    int64_t samples[BENCH_MAX_SAMPLES];
};

void reservoir_init(struct reservoir *reservoir);
void reservoir_offer(struct reservoir *reservoir, int64_t sample);

/// How many samples are kept.
size_t reservoir_kept(const struct reservoir *reservoir);

#endif
