/**
 * The ring that the trace points of one core write to, shared by its kernel and its domains.
 *
 * Writers are the kernel and any domain on this core, so at any time at most one runs, but a domain can be
 * interrupted anywhere. A writer reserves a record by a load-exclusive/store-exclusive pair on `head`,
 * reading the cycle counter in between: an exception clears the monitor, so an interrupted writer reserves
 * again and time never goes back from record to record. Then it fills the record with one store pair. A
 * reserved record that is not yet filled is zero; the reader stops there. The reader (the drain of the first
 * core's kernel) clears what it took and moves `limit`, with release. Writers use no barriers: they are of
 * one core, and a reader on another one sees by itself whether both words of a record have come
 * (kernel/trace/drain.c).
 * tests/model/trace_ring.pml is a model of this, checked over every interleaving.
 *
 * The ring is writable by domains, in tracing builds only. The kernel believes nothing that stands in it but
 * masks `head`, and keeps its own position.
 */
#ifndef TRACE_RING_H
#define TRACE_RING_H

#define TRACE_RING_BYTES       0x400000 ///< Room for records; a power of two.
#define TRACE_RING_MAP_BYTES   0x600000 ///< Header and records, rounded up to large pages.
#define TRACE_RING_OFF_HEAD    0
#define TRACE_RING_OFF_LIMIT   64
#define TRACE_RING_OFF_DROPPED 128
#define TRACE_RING_OFF_RECORDS 256
#define TRACE_RECORD_BYTES     16
#define TRACE_EVENT_SHIFT      48 ///< A record's first word: cycle counter below, event number above.

#ifndef __ASSEMBLER__
#include <stdint.h>

struct trace_record {
    uint64_t when;     ///< Cycle counter bits 47:0 | event number << 48; 0: not filled.
    uint64_t argument; ///< All arguments of the point.
};

struct trace_ring {
    uint64_t head; ///< Bytes reserved since the start; never wraps in practice.
    uint8_t pad0[56];
    uint64_t limit; ///< `head` may not reach beyond this.
    uint8_t pad1[56];
    uint64_t dropped; ///< Records that did not fit.
    uint8_t pad2[120];
    struct trace_record records[TRACE_RING_BYTES / TRACE_RECORD_BYTES];
};

/// Counts an event that found the ring full. Exclusive too: an interrupt in the middle may count one of its
/// own.
static inline void trace_ring_drop(struct trace_ring *ring)
{
    uint64_t count;
    uint32_t busy = 0;
    do {
        __asm__ volatile("ldxr %0, [%2]\n\tadd %0, %0, #1\n\tstxr %w1, %0, [%2]"
                         : "=&r"(count), "=&r"(busy)
                         : "r"(&ring->dropped)
                         : "memory");
    } while (busy != 0);
}

/**
 * Writes one record. `ring` should be a constant that one instruction makes.
 */
static inline __attribute__((always_inline)) void trace_ring_emit(struct trace_ring *ring, uint16_t event,
                                                                  uint64_t argument)
{
    uint64_t limit, head, next, when;
    uint32_t busy = 0;
    do {
        limit = *(volatile uint64_t *)&ring->limit;
        __asm__ volatile("ldxr %0, [%1]" : "=r"(head) : "r"(&ring->head) : "memory");
        if (__builtin_expect(head >= limit, 0)) {
            trace_ring_drop(ring);
            return;
        }
        next = head + TRACE_RECORD_BYTES;
        __asm__ volatile("mrs %0, pmccntr_el0\n\tstxr %w1, %2, [%3]"
                         : "=&r"(when), "=&r"(busy)
                         : "r"(next), "r"(&ring->head)
                         : "memory");
    } while (__builtin_expect(busy != 0, 0));
    char *record = (char *)ring + (head & (TRACE_RING_BYTES - 1));
    __asm__("movk %0, %1, lsl #48" : "+r"(when) : "i"(event));
    __asm__ volatile("stp %0, %1, [%2, %3]"
                     :
                     : "r"(when), "r"(argument), "r"(record), "i"(TRACE_RING_OFF_RECORDS)
                     : "memory");
}
#endif

#endif
