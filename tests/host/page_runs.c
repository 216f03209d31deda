#include "page_runs.h"
#include "check.h"
#include <abi/syscall.h>
#include <string.h>

/// The number of runs that lie below an address; the one that has it, if any, is the next.
static size_t place_of(const struct runs *runs, lvaddr_t at)
{
    size_t low = 0, high = runs->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (runs->run[middle].base + runs->run[middle].bytes <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void insert(struct runs *runs, size_t at, struct run run)
{
    assert_true(runs->count < RUNS_MOST);
    memmove(&runs->run[at + 1], &runs->run[at], (runs->count - at) * sizeof(run));
    runs->run[at] = run;
    runs->count++;
}

static void take_out(struct runs *runs, size_t first, size_t count)
{
    runs->count -= count;
    memmove(&runs->run[first], &runs->run[first + count], (runs->count - first) * sizeof(struct run));
}

/// Makes one of a run and the one behind it, if they can be.
static void join(struct runs *runs, size_t at)
{
    if (at + 1 >= runs->count) {
        return;
    }
    struct run *run = &runs->run[at];
    const struct run *next = run + 1;
    if (run->base + run->bytes == next->base && run->physical + run->bytes == next->physical
        && run->flags == next->flags) {
        run->bytes += next->bytes;
        take_out(runs, at + 1, 1);
    }
}

/// Makes an address the border of two runs, if it is inside one. \return the number of runs below it
static size_t cut(struct runs *runs, lvaddr_t at)
{
    const size_t place = place_of(runs, at);
    if (place == runs->count || runs->run[place].base >= at) {
        return place;
    }
    struct run rest = runs->run[place];
    const size_t below = at - rest.base;
    rest.base += below;
    rest.physical += below;
    rest.bytes -= below;
    runs->run[place].bytes = below;
    insert(runs, place + 1, rest);
    return place + 1;
}

void runs_set(struct runs *runs, lvaddr_t base, size_t bytes, genpaddr_t physical, uint32_t flags)
{
    assert_null(runs_any(runs, base, bytes));
    const size_t place = place_of(runs, base);
    insert(runs, place, (struct run){base, bytes, physical, flags});
    join(runs, place);
    if (place > 0) {
        join(runs, place - 1);
    }
}

void runs_clear(struct runs *runs, lvaddr_t base, size_t bytes)
{
    const size_t first = cut(runs, base);
    take_out(runs, first, cut(runs, base + bytes) - first);
}

void runs_protect(struct runs *runs, lvaddr_t base, size_t bytes, uint32_t flags)
{
    const size_t first = cut(runs, base), end = cut(runs, base + bytes);
    for (size_t i = first; i < end; i++) {
        uint32_t *kept = &runs->run[i].flags;
        *kept = (*kept & VREGION_FLAGS_NOCACHE) | (flags & ~(uint32_t)VREGION_FLAGS_NOCACHE);
    }
    for (size_t i = end + 1; i-- > (first > 0 ? first - 1 : 0);) {
        join(runs, i);
    }
}

const struct run *runs_any(const struct runs *runs, lvaddr_t base, size_t bytes)
{
    const size_t place = place_of(runs, base);
    return place < runs->count && runs->run[place].base < base + bytes ? &runs->run[place] : NULL;
}

bool runs_have_memory(const struct runs *runs, genpaddr_t physical, size_t bytes)
{
    for (size_t i = 0; i < runs->count; i++) {
        const struct run *run = &runs->run[i];
        if (run->physical < physical + bytes && physical < run->physical + run->bytes) {
            return true;
        }
    }
    return false;
}

void assert_runs_equal(const struct runs *actual, const struct runs *expected)
{
    static const struct run none;
    for (size_t i = 0; i < actual->count || i < expected->count; i++) {
        const struct run *is = i < actual->count ? &actual->run[i] : &none;
        const struct run *should = i < expected->count ? &expected->run[i] : &none;
        if (is->base != should->base || is->bytes != should->bytes || is->physical != should->physical
            || is->flags != should->flags) {
            fail_msg(
                "0x%zx bytes at 0x%lx are memory 0x%lx with flags %u instead of 0x%zx at 0x%lx, 0x%lx, %u",
                is->bytes, is->base, is->physical, is->flags, should->bytes, should->base, should->physical,
                should->flags);
        }
    }
}
