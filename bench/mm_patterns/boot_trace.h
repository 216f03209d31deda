/**
 * What init allocated and freed in a boot, recorded in boot_trace.inc, again and again: at the end of the
 * recording what is left is freed, and it starts over in empty memory.
 */
#ifndef MM_PATTERNS_BOOT_TRACE_H
#define MM_PATTERNS_BOOT_TRACE_H

#include <harness/harness.h>

errval_t boot_trace_setup(const struct bench *bench);

/// Carries out what comes before the next allocation.
errval_t boot_trace_prepare_alloc(const struct bench *bench);
errval_t boot_trace_alloc(const struct bench *bench, struct bench_sample *sample);

/// Carries out what comes before the next free.
errval_t boot_trace_prepare_free(const struct bench *bench);
errval_t boot_trace_free(const struct bench *bench, struct bench_sample *sample);

/// Carries out one operation.
errval_t boot_trace_step(void);

#endif
