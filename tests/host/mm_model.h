/**
 * Range tracking beside a model of it: a map with a state for each page, which says what every call must
 * answer. Part of mm_suite.h.
 */
#ifndef TEST_MM_MODEL_H
#define TEST_MM_MODEL_H

#include <check.h>
#include <mm/ranges.h>
#include <stdlib.h>
#include <string.h>

#define PAGE      BASE_PAGE_SIZE
#define MAP_PAGES 512 ///< The model: one state a page from address 0 on.

enum page_state {
    OUTSIDE,
    FREE,
    USED,
};

static struct {
    struct ranges ranges;
    void *buffer;
    unsigned char page[MAP_PAGES];
    unsigned char region[MAP_PAGES]; ///< Number of the region of a page that is not OUTSIDE.
    unsigned regions;
} test;

/// A manager with `nodes` nodes and no region.
static void begin(size_t nodes)
{
    ranges_init(&test.ranges);
    const size_t bytes = nodes * test.ranges.nodes.blocksize;
    free(test.buffer);
    test.buffer = malloc(bytes + 1);
    slab_grow(&test.ranges.nodes, test.buffer, bytes);
    memset(test.page, OUTSIDE, sizeof(test.page));
    test.regions = 0;
}

static void add(size_t first, size_t pages)
{
    struct region *region;
    assert_ok(ranges_add(&test.ranges, first * PAGE, pages * PAGE, &region));
    assert_true(region->base == first * PAGE && region->free_bytes == pages * PAGE);
    memset(test.page + first, FREE, pages);
    memset(test.region + first, (int)test.regions++, pages);
}

static bool all(size_t first, size_t pages, enum page_state state)
{
    for (size_t i = first; i < first + pages; i++) {
        if (i >= MAP_PAGES || test.page[i] != state || test.region[i] != test.region[first]) {
            return false;
        }
    }
    return true;
}

static size_t block_pages(size_t pages)
{
    size_t block = 1;
    while (block < pages) {
        block *= 2;
    }
    return block;
}

/// Whether an allocation must be found.
static bool must_fit(size_t pages, size_t alignment)
{
    size_t room = pages;
    if (MM_IS_BUDDY) {
        room = alignment = block_pages(pages > alignment ? pages : alignment);
    }
    for (size_t first = 0; first + room <= MAP_PAGES; first += alignment) {
        if (all(first, room, FREE)) {
            return true;
        }
    }
    return false;
}

static size_t count_free(void)
{
    size_t count = 0;
    for (size_t i = 0; i < MAP_PAGES; i++) {
        count += test.page[i] == FREE;
    }
    return count;
}

/// What failed has changed nothing, but what searches remember.
static void assert_unchanged(const struct ranges *before)
{
    struct ranges now = test.ranges;
    now.visits = before->visits;
    now.remembers = before->remembers;
    assert_memory_equal(&now, before, sizeof(now));
}

/// Allocates, and checks the answer against the model. \return SYS_ERR_OK, with the first page in *first
static errval_t take(size_t pages, size_t alignment, size_t *first)
{
    const bool must = must_fit(pages, alignment);
    const struct ranges before = test.ranges;
    genpaddr_t base;
    const errval_t err = ranges_alloc(&test.ranges, pages * PAGE, alignment * PAGE, &base);
    if (err == MM_ERR_NODES) {
        assert_true(must);
    } else if (err_is_fail(err)) {
        assert_err(err, MM_ERR_OUT_OF_MEMORY);
        assert_false(must);
    } else {
        assert_true(must);
        assert_int_equal(base % (alignment * PAGE), 0);
        *first = base / PAGE;
        assert_true(all(*first, pages, FREE));
        memset(test.page + *first, USED, pages);
    }
    if (err_is_fail(err)) {
        assert_unchanged(&before);
    }
    assert_int_equal(test.ranges.free_bytes, count_free() * PAGE);
    return err;
}

static errval_t give(size_t first, size_t pages)
{
    bool in_region = true, any_free = false;
    for (size_t i = first; i < first + pages; i++) {
        in_region &= i < MAP_PAGES && test.page[i] != OUTSIDE && test.region[i] == test.region[first];
        any_free |= i < MAP_PAGES && test.page[i] == FREE;
    }
    const struct ranges before = test.ranges;
    const errval_t check = ranges_check_free(&test.ranges, first * PAGE, pages * PAGE);
    assert_unchanged(&before);
    const errval_t err = ranges_free(&test.ranges, first * PAGE, pages * PAGE);
    assert_int_equal(check, err);
    if (err_is_fail(err)) {
        assert_unchanged(&before);
    }
    if (!in_region) {
        assert_err(err, MM_ERR_FOREIGN);
    } else if (any_free) {
        assert_err(err, MM_ERR_DOUBLE_FREE);
    } else if (err != MM_ERR_NODES) {
        assert_ok(err);
        memset(test.page + first, FREE, pages);
    }
    assert_int_equal(test.ranges.free_bytes, count_free() * PAGE);
    return err;
}

/// Frees what is allocated, and finds each region whole again: as few nodes in use as at first.
static void end(size_t nodes_at_first)
{
    // What has no node now has when others have come back.
    for (size_t round = 0; round < MAP_PAGES; round++) {
        bool left = false;
        for (size_t i = 0; i < MAP_PAGES; i++) {
            left |= test.page[i] == USED && give(i, 1) == MM_ERR_NODES;
        }
        if (!left) {
            break;
        }
    }
    assert_int_equal(slab_freecount(&test.ranges.nodes), nodes_at_first);
    assert_int_equal(test.ranges.nodes.refused, 0);
}

#endif
