/**
 * Trace points in domains: `trace_<subsystem>_<event>(...)`, generated from trace/points.toml.
 *
 * A point writes one record to the core's ring, which the parent mapped at USER_TRACE in builds with tracing.
 * It makes no system call, blocks on nothing, and costs a dozen instructions; compiled out it costs nothing.
 */
#ifndef LIB_TRACE_TRACE_H
#define LIB_TRACE_TRACE_H

#include <abi/bootinfo.h>
#include <trace/ring.h>

#define TRACE_EMIT(number, word) trace_ring_emit((struct trace_ring *)USER_TRACE, number, word)

#include <trace_points.h>

#endif
