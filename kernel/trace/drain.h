/**
 * The reading ends of all trace rings, on the first core: sends records as frames over the console. And this
 * core's own ring.
 */
#ifndef KERNEL_TRACE_DRAIN_H
#define KERNEL_TRACE_DRAIN_H

#include <abi/types.h>

/// Takes memory of TRACE_RING_MAP_BYTES as this core's ring.
void trace_ring_init(lpaddr_t base);

/// Writes a record with a time of its own, which is not before that of the record before.
void trace_record_at(uint16_t event, uint64_t when, uint64_t argument);

/// Records both clocks as they are at one moment, when the system counter goes on (boot.clock).
void trace_record_clock(void);

/// The first core: from now on the ring at `base` is read too, which that core is to take.
void trace_reader_add(coreid_t core, lpaddr_t base);
void trace_reader_remove(coreid_t core);

/**
 * Sends one frame of records, about a thousand bytes, the bound of a call. The cores take turns. Does nothing
 * but on the first core.
 *
 * \param final  records whose writer did not complete them are given up and counted as lost
 * \return number of records that left their ring
 */
size_t trace_drain_frame(bool final);

/// Records that still stand in the rings.
size_t trace_pending(void);

#endif
