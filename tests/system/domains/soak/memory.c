/**
 * RAM, frames, capabilities and the heap.
 */
#include "soak.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PAGES  40
#define MOST_BYTES  20000
#define LARGE_BYTES 300000

static uint64_t stamp_of(const struct worker *worker, size_t page)
{
    return (uint64_t)worker->number << 32 | page;
}

static void write_stamps(struct worker *worker, char *window, size_t pages)
{
    for (size_t page = 0; page < pages; page++) {
        *(volatile uint64_t *)(window + page * BASE_PAGE_SIZE) = stamp_of(worker, page);
    }
}

static void check_stamps(const struct worker *worker, const char *window, size_t first, size_t end)
{
    for (size_t page = first; page < end; page++) {
        CHECK(*(const volatile uint64_t *)(window + page * BASE_PAGE_SIZE) == stamp_of(worker, page));
    }
}

/// Takes a part out of the middle of a mapping, then the rest. \return false if that was refused
static bool unmap_in_parts(struct worker *worker, char *window, size_t pages)
{
    struct paging_state *st = get_current_paging_state();
    size_t first = 1 + below(worker, (uint32_t)pages - 2);
    size_t count = 1 + below(worker, (uint32_t)(pages - first - 1));
    if (!granted(worker, paging_unmap_range(st, window + first * BASE_PAGE_SIZE, count * BASE_PAGE_SIZE))) {
        return false;
    }
    check_stamps(worker, window, 0, first);
    check_stamps(worker, window, first + count, pages);
    CHECK_OK(paging_unmap(st, window + (first + count) * BASE_PAGE_SIZE));
    CHECK_OK(paging_unmap(st, window));
    return true;
}

static void use_mapping(struct worker *worker, char *window, size_t pages)
{
    struct paging_state *st = get_current_paging_state();
    write_stamps(worker, window, pages);
    if (below(worker, 4) == 0) {
        size_t first = below(worker, (uint32_t)pages);
        errval_t err =
            paging_protect(st, window + first * BASE_PAGE_SIZE, BASE_PAGE_SIZE, VREGION_FLAGS_READ);
        if (granted(worker, err)) {
            check_stamps(worker, window, first, first + 1);
        }
    }
    if (pages < 4 || below(worker, 3) > 0 || !unmap_in_parts(worker, window, pages)) {
        check_stamps(worker, window, 0, pages);
        CHECK_OK(paging_unmap(st, window));
    }
}

void action_frames(struct worker *worker)
{
    struct capref frame;
    char *window;
    size_t pages = 1 + below(worker, MOST_PAGES);
    if (!granted(worker, frame_alloc(&frame, pages * BASE_PAGE_SIZE, NULL))) {
        return;
    }
    if (granted(worker, paging_map_frame(get_current_paging_state(), (void **)&window, pages * BASE_PAGE_SIZE,
                                         frame))) {
        use_mapping(worker, window, pages);
    }
    CHECK_OK(ram_free(frame));
}

void action_ram(struct worker *worker)
{
    struct capref *ram = &worker->ram[below(worker, HELD_RAM)];
    if (!capref_is_null(*ram)) {
        CHECK_OK(ram_free(*ram));
        *ram = NULL_CAP;
        return;
    }
    size_t bytes = (1 + below(worker, 16)) * BASE_PAGE_SIZE;
    if (!granted(worker, ram_alloc_aligned(ram, bytes, BASE_PAGE_SIZE << below(worker, 5)))) {
        *ram = NULL_CAP;
    }
}

void action_slots(struct worker *worker)
{
    struct capref slots;
    size_t count = 1 + below(worker, 20);
    if (!granted(worker, slot_alloc_range(&slots, count))) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct capref slot = slots;
        slot.slot += i;
        CHECK_OK(cap_copy(slot, cap_selfep));
    }
    for (size_t i = 0; i < count; i++) {
        struct capref slot = slots;
        slot.slot += i;
        CHECK_OK(cap_destroy(slot));
    }
}

static void check_block(const struct worker *worker, unsigned i)
{
    for (size_t at = 0; at < worker->blocks[i].bytes; at += 1 + at / 8) {
        CHECK(worker->blocks[i].start[at] == worker->blocks[i].pattern);
    }
}

static void *new_block(struct worker *worker, size_t bytes)
{
    switch (below(worker, 3)) {
    case 0:
        return malloc(bytes);
    case 1:
        return calloc(1, bytes);
    default:
        return memalign(16UL << below(worker, 6), bytes);
    }
}

void action_heap(struct worker *worker)
{
    unsigned i = below(worker, HELD_BLOCKS);
    size_t bytes = below(worker, below(worker, 50) == 0 ? LARGE_BYTES : MOST_BYTES);
    unsigned char *start = worker->blocks[i].start;
    check_block(worker, i);
    if (start && below(worker, 3) > 0) {
        free(start);
        worker->blocks[i].start = NULL;
        worker->blocks[i].bytes = 0;
        return;
    }
    size_t kept = bytes < worker->blocks[i].bytes ? bytes : worker->blocks[i].bytes;
    unsigned char *block = start ? realloc(start, bytes) : new_block(worker, bytes);
    if (!block) {
        granted(worker, LIB_ERR_RAM_ALLOC_EXHAUSTED);
        return;
    }
    worker->blocks[i].start = block;
    worker->blocks[i].bytes = kept;
    check_block(worker, i);
    worker->blocks[i].bytes = bytes;
    worker->blocks[i].pattern = (unsigned char)below(worker, 256);
    memset(block, worker->blocks[i].pattern, bytes);
}

void give_back(struct worker *worker)
{
    for (unsigned i = 0; i < HELD_RAM; i++) {
        if (!capref_is_null(worker->ram[i])) {
            CHECK_OK(ram_free(worker->ram[i]));
            worker->ram[i] = NULL_CAP;
        }
    }
    for (unsigned i = 0; i < HELD_BLOCKS; i++) {
        check_block(worker, i);
        free(worker->blocks[i].start);
        worker->blocks[i].start = NULL;
        worker->blocks[i].bytes = 0;
    }
}
