/**
 * Room for rings in the dispatcher frame, in units of a cache line.
 */
#ifndef LIB_LMP_RINGS_H
#define LIB_LMP_RINGS_H

#include <stddef.h>

#define RING_UNIT_BYTES 64UL

/// Finds consecutive free units of the dispatcher frame. \return the first, or 0 if there are none
size_t rings_alloc(size_t units);

void rings_free(size_t first, size_t units);

#endif
