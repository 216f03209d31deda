/**
 * Cost of an empty measurement: what two readings of the cycle counter are apart with nothing in between.
 */
#ifndef BENCH_OVERHEAD_H
#define BENCH_OVERHEAD_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Measures it, through the same call that samples are taken through.
 *
 * \param overhead the median
 * \return false if the readings do not agree: subtracting it would then be wrong for many samples
 */
bool overhead_measure(uint64_t *overhead);

#endif
