#include <cap/cap.h>
#include <console.h>
#include <trace/drain.h>
#include <trace/emit.h>
#include <trace/stream.h>

struct trace_ring *trace_ring;

/// Bytes taken from the ring. The kernel's own: what stands in the ring is not believed.
static uint64_t taken;

/// Records sent and given up since the start: the index that TRACE frames carry.
static uint64_t taken_records;

void trace_ring_init(lpaddr_t base)
{
    struct trace_ring *ring = phys_to_virt(base);
    memory_zero(base, TRACE_RING_MAP_BYTES);
    ring->limit = TRACE_RING_BYTES;
    trace_ring = ring;
}

void trace_record_early(uint16_t event, uint64_t when, uint64_t argument)
{
    if (trace_ring != NULL) {
        struct trace_record *record = &trace_ring->records[trace_ring->head / TRACE_RECORD_BYTES];
        record->argument = argument;
        record->when = when | (uint64_t)event << TRACE_EVENT_SHIFT;
        trace_ring->head += TRACE_RECORD_BYTES;
    }
}

size_t trace_pending(void)
{
    if (trace_ring == NULL) {
        return 0;
    }
    const uint64_t head = *(volatile uint64_t *)&trace_ring->head;
    const uint64_t bytes = head - taken;
    return (bytes > TRACE_RING_BYTES ? TRACE_RING_BYTES : bytes) / TRACE_RECORD_BYTES;
}

size_t trace_drain_frame(bool final)
{
    static struct stream_trace frame;
    const size_t pending = trace_pending();
    if (pending == 0) {
        return 0;
    }
    stream_trace_begin(&frame, taken_records, trace_ring->dropped);
    size_t count = 0;
    while (count < pending && !stream_trace_full(&frame)) {
        const uint64_t offset = taken & (TRACE_RING_BYTES - 1);
        volatile struct trace_record *record = &trace_ring->records[offset / TRACE_RECORD_BYTES];
        const uint64_t when = record->when;
        if (when == 0 && !final) {
            break;
        }
        stream_trace_add(&frame, when >> TRACE_EVENT_SHIFT, when & ((1UL << TRACE_EVENT_SHIFT) - 1),
                         record->argument);
        record->when = 0;
        record->argument = 0;
        taken += TRACE_RECORD_BYTES;
        count++;
    }
    taken_records += count;
    trace_ring->limit = taken + TRACE_RING_BYTES;
    if (count != 0) {
        console_frame(STREAM_TRACE, frame.payload, stream_trace_end(&frame));
    }
    return count;
}
