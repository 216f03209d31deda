/**
 * The reading end of this core's trace ring: sends records as frames over the console.
 */
#ifndef KERNEL_TRACE_DRAIN_H
#define KERNEL_TRACE_DRAIN_H

#include <abi/types.h>

/// Takes memory of TRACE_RING_MAP_BYTES as this core's ring.
void trace_ring_init(lpaddr_t base);

/// Writes a record with a time of its own, before anything else has been written.
void trace_record_early(uint16_t event, uint64_t when, uint64_t argument);

/**
 * Sends one frame of records, about a thousand bytes, the bound of a call.
 *
 * \param final  records whose writer did not complete them are given up and counted as lost
 * \return number of records that left the ring
 */
size_t trace_drain_frame(bool final);

/// Records that still stand in the ring.
size_t trace_pending(void);

#endif
