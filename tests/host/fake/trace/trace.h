/**
 * Trace points of domains in the host tests: declared, and compiled out.
 */
#ifndef FAKE_TRACE_TRACE_H
#define FAKE_TRACE_TRACE_H

#include <trace_points.h>

#endif
