/**
 * A bitmap, searched from where the last search ended, or from what was freed last: nearly always that is the
 * right place, so the cost does not depend on how large the frame is.
 */
#include <abi/dispatcher.h>
#include <aos/dispatch.h>
#include <aos/sync.h>
#include <lmp/rings.h>
#include <stdlib.h>

#define WORD_BITS  64
#define FIRST_UNIT (ROUND_UP(sizeof(struct dispatcher_shared), RING_UNIT_BYTES) / RING_UNIT_BYTES)

static struct {
    struct thread_mutex mutex;
    uint64_t *used; ///< A bit for each unit.
    size_t end;     ///< First unit behind the frame; its bit is set.
    size_t next;    ///< Where the next search begins.
} rings;

static void set_bits(size_t first, size_t units, bool value)
{
    for (size_t unit = first; unit < first + units; unit++) {
        const uint64_t bit = 1UL << unit % WORD_BITS;
        rings.used[unit / WORD_BITS] =
            value ? rings.used[unit / WORD_BITS] | bit : rings.used[unit / WORD_BITS] & ~bit;
    }
}

/// The frame's size is its parent's choice.
static bool begin(void)
{
    rings.end = disp_frame_bytes() / RING_UNIT_BYTES;
    rings.used = calloc(rings.end / WORD_BITS + 1, sizeof(uint64_t));
    if (!rings.used) {
        return false;
    }
    set_bits(0, FIRST_UNIT, true);
    set_bits(rings.end, WORD_BITS - rings.end % WORD_BITS, true);
    rings.next = FIRST_UNIT;
    return true;
}

/// Looks for free units from `from` on, a run of bits at a time. \return the first, or 0
static size_t find(size_t from, size_t units)
{
    size_t run = 0;
    for (size_t unit = from; unit < rings.end;) {
        const size_t left = WORD_BITS - unit % WORD_BITS;
        const uint64_t word = rings.used[unit / WORD_BITS] >> unit % WORD_BITS;
        if (word & 1) {
            unit += ~word ? (size_t)__builtin_ctzl(~word) : left;
            run = 0;
            continue;
        }
        const size_t zeros = word ? (size_t)__builtin_ctzl(word) : left;
        run += zeros;
        unit += zeros;
        if (run >= units) {
            return unit - run;
        }
    }
    return 0;
}

size_t rings_alloc(size_t units)
{
    size_t first = 0;
    thread_mutex_lock(&rings.mutex);
    if (rings.used || begin()) {
        first = find(rings.next, units);
        if (!first) {
            first = find(FIRST_UNIT, units);
        }
    }
    if (first) {
        set_bits(first, units, true);
        rings.next = first + units;
    }
    thread_mutex_unlock(&rings.mutex);
    return first;
}

void rings_free(size_t first, size_t units)
{
    thread_mutex_lock(&rings.mutex);
    set_bits(first, units, false);
    if (first < rings.next) {
        rings.next = first; // rings stay low in the frame, and the table of endpoints small
    }
    thread_mutex_unlock(&rings.mutex);
}
