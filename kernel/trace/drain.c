/**
 * Each ring has one writer, its core, and one reader, the first core.
 *
 * On its own core the reader sees a record whole, or not at all. From another core the two words of a record
 * may be seen one after the other: there the reader leaves a mark in place of the argument of each record
 * that it took, and so sees whether both words have come. Should an argument be the very mark, which no point
 * has, the record is taken as soon as the ring has grown by another lot.
 */
#include <abi/syscall.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>
#include <cap/cap.h>
#include <console.h>
#include <core/core.h>
#include <trace/drain.h>
#include <trace/emit.h>
#include <trace/stream.h>

#define NOT_WRITTEN    0x5ead5ead5ead5eadUL
#define STUCK_RECORDS  1024 ///< So many behind it, a record has been written long ago.
#define MARKED_AT_ONCE (TRACE_RING_BYTES / TRACE_RECORD_BYTES)

struct trace_ring *trace_ring;

/// The reading end of a core's ring. The kernel's own: what stands in the ring is not believed.
static struct reader {
    struct trace_ring *ring; ///< NULL: there is none.
    uint64_t taken;          ///< Bytes.
    uint64_t records;        ///< Sent and given up since the start: the index that TRACE frames carry.
} readers[CORES_MAX];

static unsigned last_core; ///< Whose records were sent last.

void trace_ring_init(lpaddr_t base)
{
    struct trace_ring *ring = phys_to_virt(base);
    memory_zero(base, TRACE_RING_MAP_BYTES);
    if (!core_is_first()) {
        for (size_t i = 0; i < MARKED_AT_ONCE; i++) {
            ring->records[i].argument = NOT_WRITTEN;
        }
        dsb_ish();
    } else {
        readers[0].ring = ring;
    }
    ring->limit = TRACE_RING_BYTES;
    trace_ring = ring;
}

void trace_reader_add(coreid_t core, lpaddr_t base)
{
    struct trace_ring *ring = phys_to_virt(base);
    ring->head = 0; // nothing to read until the core has taken it
    ring->dropped = 0;
    readers[core] = (struct reader){.ring = ring};
}

void trace_reader_remove(coreid_t core)
{
    readers[core].ring = NULL;
}

void trace_record_at(uint16_t event, uint64_t when, uint64_t argument)
{
    if (trace_ring != NULL && trace_ring->head < trace_ring->limit) {
        const uint64_t offset = trace_ring->head & (TRACE_RING_BYTES - 1);
        struct trace_record *record = &trace_ring->records[offset / TRACE_RECORD_BYTES];
        record->argument = argument;
        record->when = when | (uint64_t)event << TRACE_EVENT_SHIFT;
        trace_ring->head += TRACE_RECORD_BYTES;
    }
}

void trace_record_clock(void)
{
    if (trace_ring == NULL || !TRACE_ENABLED_BOOT) {
        return;
    }
    const uint64_t before = timer_counter();
    uint64_t edge;
    while ((edge = timer_counter()) == before) {
    }
    trace_record_at(TRACE_BOOT_CLOCK, cycles(), edge);
}

static size_t pending_of(const struct reader *reader)
{
    if (reader->ring == NULL) {
        return 0;
    }
    const uint64_t bytes = __atomic_load_n(&reader->ring->head, __ATOMIC_ACQUIRE) - reader->taken;
    return (bytes > TRACE_RING_BYTES ? TRACE_RING_BYTES : bytes) / TRACE_RECORD_BYTES;
}

size_t trace_pending(void)
{
    size_t pending = 0;
    for (unsigned core = 0; core < CORES_MAX; core++) {
        pending += pending_of(&readers[core]);
    }
    return pending;
}

/// Sends records of one core.
static size_t drain(unsigned core, bool final)
{
    static struct stream_trace frame;
    struct reader *reader = &readers[core];
    struct trace_ring *ring = reader->ring;
    const uint64_t mark = core == 0 ? 0 : NOT_WRITTEN;
    const size_t pending = pending_of(reader);
    if (pending == 0) {
        return 0;
    }
    stream_trace_begin(&frame, reader->records, *(volatile uint64_t *)&ring->dropped);
    size_t count = 0;
    while (count < pending && !stream_trace_full(&frame)) {
        const uint64_t offset = reader->taken & (TRACE_RING_BYTES - 1);
        volatile struct trace_record *record = &ring->records[offset / TRACE_RECORD_BYTES];
        const uint64_t when = record->when, argument = record->argument;
        const bool written = when != 0 && (argument != mark || mark == 0 || pending - count > STUCK_RECORDS);
        if (!written && !final) {
            break;
        }
        stream_trace_add(&frame, written ? when >> TRACE_EVENT_SHIFT : 0,
                         when & ((1UL << TRACE_EVENT_SHIFT) - 1), argument);
        record->when = 0;
        record->argument = mark;
        reader->taken += TRACE_RECORD_BYTES;
        count++;
    }
    reader->records += count;
    // The writer sees cleared records before it may use them again.
    __atomic_store_n(&ring->limit, reader->taken + TRACE_RING_BYTES, __ATOMIC_RELEASE);
    if (count != 0) {
        console_frame_of(core, STREAM_TRACE, frame.payload, stream_trace_end(&frame));
    }
    return count;
}

size_t trace_drain_frame(bool final)
{
    if (TRACE_ANY_ENABLED == 0 || !core_is_first()) {
        return 0;
    }
    for (unsigned i = 0; i < core_count(); i++) {
        last_core = last_core + 1 < core_count() ? last_core + 1 : 0;
        const size_t count = drain(last_core, final);
        if (count != 0) {
            return count;
        }
    }
    return 0;
}
