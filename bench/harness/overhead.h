/**
 * Cost of an empty measurement: what two readings of the cycle counter are apart with nothing in between.
 */
#ifndef BENCH_OVERHEAD_H
#define BENCH_OVERHEAD_H

#include <stdbool.h>
#include <stdint.h>

/// Quartiles of many empty measurements, in cycles. The median is what is subtracted.
struct overhead {
    uint64_t lower;
    uint64_t median;
    uint64_t upper;
};

/**
 * Measures it, through the same call that samples are taken through.
 *
 * \return false if the readings do not agree: subtracting the median would then be wrong for many samples
 */
bool overhead_measure(struct overhead *overhead);

#endif
