/**
 * Requests to the domain's own address space, each with random arguments, and a model that says what must
 * come of it.
 */
#ifndef TEST_SPACE_STEPS_H
#define TEST_SPACE_STEPS_H

#include "check.h"
#include "fake_caps.h"
#include "fake_memory.h"
#include <aos/debug.h>
#include <paging/fault.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <paging/stock.c> // To see at the end that all is in it.

#include <paging/space.h>

/// A broken rule of sections ends the test.
_Noreturn void user_panic_err(const char *file, const char *function, int line, errval_t err,
                              const char *format, ...)
{
    (void)file;
    (void)function;
    (void)err;
    fprintf(stderr, "line %d: %s\n", line, format);
    abort();
}

#define FRAMES   6
#define AREAS    24
#define PAGE     BASE_PAGE_SIZE
#define MEGABYTE (1UL << 20)

static const struct frame {
    genpaddr_t base;
    gensize_t bytes;
    unsigned rights;
} frames[FRAMES] = {
    {1UL << 32, 3 * HUGE_PAGE_SIZE, CAPRIGHTS_ALL},
    {(2UL << 33) + 5 * LARGE_PAGE_SIZE, HUGE_PAGE_SIZE, CAPRIGHTS_ALL},
    {(3UL << 33) + 7 * PAGE, 9 * MEGABYTE, CAPRIGHTS_ALL},
    {4UL << 33, 64 * MEGABYTE, CAPRIGHTS_READ | CAPRIGHTS_WRITE},
    {5UL << 33, 16 * PAGE, CAPRIGHTS_READ | CAPRIGHTS_EXECUTE},
    {6UL << 33, PAGE, CAPRIGHTS_ALL},
};

/// A range of addresses that is in use.
struct area {
    enum {
        UNUSED,
        MAPPED,
        RESERVED,
        STACK
    } kind;
    lvaddr_t base;
    size_t bytes;
    unsigned frame;              ///< Of MAPPED.
    struct paging_region region; ///< Of RESERVED.
    uint32_t *page_flags;        ///< Of RESERVED: what may be done with each page, 0: it has no memory.
};

static struct {
    struct area area[AREAS];
    struct runs model, actual; ///< What is behind addresses, for now.
    struct capref frame[FRAMES];
    unsigned failures; ///< Before this step.
} test;

static size_t random_below(size_t limit)
{
    return (((size_t)random() << 31) ^ (size_t)random()) % limit;
}

static struct paging_state *space(void)
{
    return get_current_paging_state();
}

/// A request failed although the model sees no reason: something must have been wanting.
static void assert_wanting(errval_t err)
{
    assert_true(err_is_fail(err));
    if (fake_memory.failures == test.failures) {
        fail_msg("%s without a reason", err_getcode(err));
    }
}

static struct area *area_at(lvaddr_t base, size_t bytes)
{
    for (struct area *area = test.area; area < test.area + AREAS; area++) {
        if (area->kind != UNUSED && area->base < base + bytes && base < area->base + area->bytes) {
            return area;
        }
    }
    return NULL;
}

static struct area *unused_area(void)
{
    for (struct area *area = test.area; area < test.area + AREAS; area++) {
        if (area->kind == UNUSED) {
            return area;
        }
    }
    return NULL;
}

static struct area *random_area(unsigned kind)
{
    struct area *area = &test.area[random_below(AREAS)];
    return area->kind == kind ? area : NULL;
}

static uint32_t random_flags(void)
{
    static const uint32_t sane[] = {
        VREGION_FLAGS_READ,
        VREGION_FLAGS_READ_WRITE,
        VREGION_FLAGS_READ_EXECUTE,
        VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_NOCACHE,
    };
    return random_below(12) == 0 ? (uint32_t)random_below(40) : sane[random_below(4)];
}

static bool is_sane(uint32_t flags, unsigned rights)
{
    return !(flags & ~(uint32_t)VREGION_FLAGS_MASK) && flags & VREGION_FLAGS_READ
           && !(flags & VREGION_FLAGS_WRITE && flags & VREGION_FLAGS_EXECUTE)
           && !(flags & ~(uint32_t)VREGION_FLAGS_NOCACHE & ~rights);
}

/// Somewhere in, or just beside, what is in use; or where nothing has been, at borders of tables or outside.
static lvaddr_t random_address(void)
{
    static const lvaddr_t places[] = {
        SPACE_BASE, SPACE_BASE + HUGE_PAGE_SIZE, 2UL << 39, SPACE_LIMIT, 5UL << 30, SPACE_BASE + (7UL << 21),
    };
    const struct area *area = &test.area[random_below(AREAS)];
    if (area->kind != UNUSED && random_below(3) > 0) {
        return area->base - 2 * PAGE + random_below(area->bytes / PAGE + 4) * PAGE;
    }
    return places[random_below(ARRAY_LENGTH(places))] + random_below(9) * PAGE - 4 * PAGE;
}

/// Whatever has been found for a request lies where it may.
static void check_found(lvaddr_t base, size_t bytes, size_t guard)
{
    assert_true(base % PAGE == 0 && base >= SPACE_BASE && base + bytes <= SPACE_LIMIT);
    assert_null(area_at(base - guard, bytes + 2 * guard));
}

static bool is_free(lvaddr_t base, size_t bytes)
{
    return base % PAGE == 0 && base >= SPACE_BASE && base < SPACE_LIMIT && bytes <= SPACE_LIMIT - base
           && !area_at(base, bytes);
}

/* Frames. */

static void step_map(void)
{
    struct area *area = unused_area();
    const unsigned which = (unsigned)random_below(FRAMES);
    const struct frame *frame = &frames[which];
    const bool fixed = random_below(2);
    const gensize_t offset =
        fixed ? ROUND_DOWN(random_below(frame->bytes), random_below(2) ? PAGE : LARGE_PAGE_SIZE) : 0;
    const uint32_t flags = random_flags();
    size_t bytes = random_below(((frame->bytes - offset) >> random_below(15)) + PAGE);
    lvaddr_t at = random_address();
    if (random_below(2)) {
        at = ROUND_DOWN(at, LARGE_PAGE_SIZE) + (frame->base + offset) % LARGE_PAGE_SIZE;
    }
    if (fixed && (at ^ (frame->base + offset)) % LARGE_PAGE_SIZE && bytes > 5 * MEGABYTE) {
        bytes %= 5 * MEGABYTE; // They are small pages, all of them.
    }
    if (!area) {
        return;
    }
    const size_t all = ROUND_UP(bytes, PAGE);
    const bool sane = all > 0 && all <= frame->bytes - offset && is_sane(flags, frame->rights)
                      && (!fixed || is_free(at, all));
    void *found = NULL;
    const errval_t err =
        fixed ? paging_map_fixed_attr_offset(space(), at, test.frame[which], offset, bytes, (int)flags)
              : paging_map_frame_attr(space(), &found, bytes, test.frame[which], (int)flags);
    if (!sane) {
        assert_err(err, LIB_ERR_PAGING_MAP);
        return;
    }
    if (err_is_fail(err)) {
        assert_wanting(err);
        return;
    }
    at = fixed ? at : (lvaddr_t)found;
    check_found(at, all, fixed ? 0 : PAGE);
    *area = (struct area){.kind = MAPPED, .base = at, .bytes = all, .frame = which};
    runs_set(&test.model, at, all, frame->base + offset, flags);
}

static void step_unmap(void)
{
    const lvaddr_t at = random_below(4) ? test.area[random_below(AREAS)].base : random_address();
    struct area *area = area_at(at, 1);
    const errval_t err = paging_unmap(space(), (void *)at);
    if (!area || area->kind != MAPPED || area->base != at) {
        assert_err(err, LIB_ERR_PAGING_UNMAP);
        assert_err(err_pop(err), LIB_ERR_PAGING_NOT_MAPPED);
        return;
    }
    assert_ok(err);
    runs_clear(&test.model, area->base, area->bytes);
    *area = (struct area){0};
}

/// A range that is often part of one area.
static size_t random_range(lvaddr_t *base)
{
    const struct area *area = &test.area[random_below(AREAS)];
    if (area->kind == UNUSED || random_below(8) == 0) {
        *base = random_address();
        return random_below(20) * PAGE;
    }
    const size_t first = random_below(area->bytes / PAGE);
    const size_t most = area->bytes / PAGE - first;
    *base = area->base + first * PAGE;
    return (random_below(4) ? 1 + random_below(most) : random_below(most + 3)) * PAGE;
}

static bool lies_in(const struct area *area, lvaddr_t base, size_t bytes)
{
    return area && base >= area->base && bytes > 0 && base + bytes <= area->base + area->bytes;
}

static void step_unmap_range(void)
{
    lvaddr_t base;
    const size_t bytes = random_range(&base);
    struct area *area = area_at(base, 1), *second = NULL;
    const bool sane = area && area->kind == MAPPED && lies_in(area, base, bytes);
    if (!unused_area()) {
        return;
    }
    const errval_t err = paging_unmap_range(space(), (void *)base, bytes);
    if (!sane) {
        assert_err(err, LIB_ERR_PAGING_UNMAP);
        return;
    }
    if (err_is_fail(err)) {
        assert_wanting(err);
        return;
    }
    runs_clear(&test.model, base, bytes);
    const lvaddr_t end = area->base + area->bytes;
    if (base + bytes < end) {
        second = unused_area();
        *second = *area;
        second->base = base + bytes;
        second->bytes = end - second->base;
    }
    area->bytes = base - area->base;
    if (area->bytes == 0) {
        *area = (struct area){0};
    }
}

static bool has_memory(const struct area *area, lvaddr_t base, size_t bytes)
{
    for (lvaddr_t at = base; at < base + bytes; at += PAGE) {
        if (!area->page_flags[(at - area->base) / PAGE]) {
            return false;
        }
    }
    return true;
}

static void step_protect(void)
{
    lvaddr_t base;
    const size_t bytes = random_range(&base);
    const uint32_t flags = random_flags();
    struct area *area = area_at(base, 1);
    const bool mapped = area && area->kind == MAPPED && lies_in(area, base, bytes)
                        && is_sane(flags, frames[area->frame].rights);
    const bool reserved = area && area->kind == RESERVED && lies_in(area, base, bytes)
                          && has_memory(area, base, bytes) && is_sane(flags, CAPRIGHTS_ALL);
    if (area && area->kind == STACK) {
        return; // The model does not know which of its pages have memory.
    }
    const errval_t err = paging_protect(space(), (void *)base, bytes, (int)flags);
    if (!mapped && !reserved) {
        assert_err(err, LIB_ERR_PAGING_PROTECT);
        return;
    }
    if (err_is_fail(err)) {
        assert_wanting(err);
        return;
    }
    runs_protect(&test.model, base, bytes, flags);
    for (lvaddr_t at = base; at < base + bytes && reserved; at += PAGE) {
        uint32_t *kept = &area->page_flags[(at - area->base) / PAGE];
        *kept = (*kept & VREGION_FLAGS_NOCACHE) | (flags & ~(uint32_t)VREGION_FLAGS_NOCACHE);
    }
}

/* Memory that comes when it is touched. */

static void step_reserve(void)
{
    struct area *area = unused_area();
    struct paging_region region;
    const size_t bytes = 1 + random_below(700 * PAGE), all = ROUND_UP(bytes, PAGE);
    const uint32_t flags = random_flags();
    const unsigned how = (unsigned)random_below(3);
    const size_t alignment = random_below(8) ? 1UL << random_below(31) : 48;
    const lvaddr_t at = random_address();
    errval_t err;
    bool sane = is_sane(flags, CAPRIGHTS_ALL);
    if (!area) {
        return;
    }
    if (how == 0) {
        err = paging_region_init(space(), &region, bytes, (int)flags);
    } else if (how == 1) {
        err = paging_region_init_aligned(space(), &region, bytes, alignment, (int)flags);
        sane = sane && alignment != 48;
    } else {
        err = paging_region_init_fixed(space(), &region, at, bytes, (int)flags);
        sane = sane && is_free(at, all);
    }
    if (!sane) {
        assert_err(err, LIB_ERR_PAGING_MAP);
        return;
    }
    if (err_is_fail(err)) {
        assert_wanting(err);
        return;
    }
    assert_true(how != 2 || region.base_addr == at);
    assert_true(how != 1 || region.base_addr % alignment == 0);
    check_found(region.base_addr, all, how == 2 ? 0 : PAGE);
    *area = (struct area){RESERVED, region.base_addr, all, 0, region, calloc(all / PAGE, sizeof(uint32_t))};
}

static void step_region_map(struct area *area)
{
    struct paging_region *region = &area->region;
    const lvaddr_t current = region->current_addr;
    const size_t room = area->base + area->bytes - current;
    const size_t bytes = random_below(random_below(3) ? room / 2 + 1 : room + 2 * PAGE);
    void *found;
    size_t all;
    const errval_t err = paging_region_map(region, bytes, &found, &all);
    if (bytes == 0 || ROUND_UP(bytes, PAGE) > room) {
        assert_err(err, LIB_ERR_PAGING_MAP);
    } else if (err_is_fail(err)) {
        assert_wanting(err);
    } else {
        assert_int_equal((lvaddr_t)found, current);
        assert_int_equal(all, ROUND_UP(bytes, PAGE));
        for (size_t i = 0; i < all / PAGE; i++) {
            uint32_t *flags = &area->page_flags[(current - area->base) / PAGE + i];
            assert_int_equal(*flags, 0);
            *flags = (uint32_t)region->flags;
        }
        assert_int_equal(region->current_addr, current + all);
        return;
    }
    assert_int_equal(region->current_addr, current);
}

static void forget_pages(struct area *area, lvaddr_t base, size_t bytes)
{
    runs_clear(&test.model, base, bytes);
    memset(&area->page_flags[(base - area->base) / PAGE], 0, bytes / PAGE * sizeof(uint32_t));
}

static void step_region_unmap(struct area *area)
{
    const lvaddr_t handed_out = area->region.current_addr;
    const size_t pages = (handed_out - area->base) / PAGE;
    const size_t first = random_below(pages + 1), count = random_below(pages - first + 1);
    const lvaddr_t base = area->base + first * PAGE;
    const errval_t err = paging_region_unmap(&area->region, base, count * PAGE);
    if (err_is_ok(err)) {
        forget_pages(area, base, count * PAGE);
        assert_int_equal(area->region.current_addr, first + count == pages ? base : handed_out);
        return;
    }
    // Some may have gone; the rest goes next time.
    assert_wanting(err);
    assert_int_equal(area->region.current_addr, handed_out);
    for (size_t i = first; i < first + count; i++) {
        if (!regions_any(&space()->extents, area->base + i * PAGE, 1)) {
            forget_pages(area, area->base + i * PAGE, PAGE);
        }
    }
}

static void destroy(struct area *area)
{
    runs_clear(&test.model, area->base, area->bytes);
    if (area->kind == RESERVED) {
        paging_region_destroy(&area->region);
        free(area->page_flags);
    } else if (area->kind == STACK) {
        paging_stack_destroy(space(), area->base);
    } else {
        assert_ok(paging_unmap(space(), (void *)area->base));
    }
    *area = (struct area){0};
}

static void step_stack(void)
{
    struct area *area = unused_area();
    lvaddr_t base;
    const size_t bytes = (1 + random_below(60)) * PAGE;
    if (!area) {
        return;
    }
    const errval_t err = paging_stack_create(space(), bytes, &base);
    if (err_is_fail(err)) {
        assert_wanting(err);
        return;
    }
    check_found(base, bytes, PAGE);
    *area = (struct area){.kind = STACK, .base = base, .bytes = bytes};
}

/// What may be done at an address, 0 for nothing.
static uint32_t flags_at(const struct area *area, lvaddr_t at)
{
    const struct run *run = runs_any(&test.model, ROUND_DOWN(at, PAGE), PAGE);
    if (run) {
        return run->flags;
    }
    if (area && area->kind == RESERVED) {
        return area->page_flags[(at - area->base) / PAGE];
    }
    return area && area->kind == STACK ? VREGION_FLAGS_READ_WRITE : 0;
}

/// A page came: it is memory that nobody else has.
static void note_page(lvaddr_t page, uint32_t flags)
{
    fake_walk(cap_vroot, &test.actual);
    const struct run *run = runs_any(&test.actual, page, PAGE);
    assert_non_null(run);
    const genpaddr_t physical = run->physical + (page - run->base);
    assert_false(runs_have_memory(&test.model, physical, PAGE));
    assert_true(physical >= FAKE_RAM_BASE);
    runs_set(&test.model, page, PAGE, physical, flags);
}

static void step_fault(void)
{
    static const uint32_t needed[] = {
        [FAULT_READ] = VREGION_FLAGS_READ,
        [FAULT_WRITE] = VREGION_FLAGS_WRITE,
        [FAULT_EXECUTE] = VREGION_FLAGS_EXECUTE,
    };
    lvaddr_t at;
    (void)random_range(&at);
    at += random_below(PAGE);
    const unsigned kind = (unsigned)random_below(4);
    const struct area *area = area_at(at, 1);
    const uint32_t flags = flags_at(area, at);
    const lvaddr_t page = ROUND_DOWN(at, PAGE);
    const bool there = runs_any(&test.model, page, PAGE) != NULL;
    bool mapped;
    const errval_t err = paging_handle_fault(space(), kind, at, &mapped);
    if (kind >= ARRAY_LENGTH(needed) || !(flags & needed[kind])) {
        assert_err(err, LIB_ERR_PAGING_NOT_MAPPED);
        assert_false(mapped);
        return;
    }
    if (err_is_fail(err)) {
        assert_true(!there && area->kind == STACK); // Anywhere else the memory has been set aside.
        assert_wanting(err);
        return;
    }
    assert_int_equal(mapped, !there);
    if (mapped) {
        note_page(page, flags);
    }
}

#endif
