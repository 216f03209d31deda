/**
 * BENCH and SAMPLES frames, docs/trace-stream.md. Used by the harness, and by init for what no bench domain
 * can say.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stddef.h>
#include <stdint.h>

/// A row that will come. \param number of the bench in this boot
void report_plan(uint32_t number, const char *name, const char *params, const char *unit);

/// A bench's measurement starts.
void report_begin(uint32_t number, uint64_t repetitions);

/// Samples, in order.
void report_samples(uint32_t number, const int64_t *samples, size_t count);

/**
 * A row is complete.
 *
 * \param status   "ok" or "failed: why"
 * \param overhead cost of the empty measurement, already subtracted
 * \param count    how many samples there were, including those that were not kept
 */
void report_end(uint32_t number, const char *status, uint64_t overhead, uint64_t count);

/// A suite is over.
void report_suite(const char *name, const char *status);

/// All suites are over.
void report_done(void);

#endif
