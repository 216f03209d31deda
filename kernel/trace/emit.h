/**
 * Trace points of the kernel: include this and use the generated trace_<subsystem>_<event>() macros.
 */
#ifndef KERNEL_TRACE_EMIT_H
#define KERNEL_TRACE_EMIT_H

#include <trace/ring.h>

/// The ring of this core, or NULL until memory is known, and without tracing.
extern struct trace_ring *trace_ring;

#define TRACE_EMIT(event, word)                           \
    do {                                                  \
        if (trace_ring != NULL) {                         \
            trace_ring_emit(trace_ring, (event), (word)); \
        }                                                 \
    } while (0)

#include <trace_points.h>

#endif
