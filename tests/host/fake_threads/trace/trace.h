/**
 * Instead of lib/trace/trace.h: no trace.
 */
#ifndef LIB_TRACE_TRACE_H
#define LIB_TRACE_TRACE_H

#include <trace_points.h>

#endif
