/**
 * Trace points in the host tests: declared, and compiled out.
 */
#ifndef FAKE_TRACE_EMIT_H
#define FAKE_TRACE_EMIT_H

#include <trace_points.h>

#endif
