/**
 * What every value of the axis `alloc` must do: included by one test file for each, which defines
 * MM_IS_BUDDY (an allocation needs a whole aligned power-of-two block) and MM_IS_LOGARITHMIC.
 */
#ifndef TEST_MM_SUITE_H
#define TEST_MM_SUITE_H

#include <check.h>
#include <mm/ranges.h>
#include <stdlib.h>
#include <string.h>

#define PAGE       BASE_PAGE_SIZE
#define SEEDS      3000
#define OPERATIONS 120
#define MAP_PAGES  512 ///< The model: one state a page from address 0 on.
#define MANY_NODES 4096
#define MILLION    1000000UL

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
    unsigned number;
    assert_ok(ranges_add(&test.ranges, first * PAGE, pages * PAGE, &number));
    assert_int_equal(number, test.regions);
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

/// Allocates, and checks the answer against the model. \return SYS_ERR_OK, with the first page in *first
static errval_t take(size_t pages, size_t alignment, size_t *first)
{
    const bool must = must_fit(pages, alignment);
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
    const errval_t check = ranges_check_free(&test.ranges, first * PAGE, pages * PAGE);
    const errval_t err = ranges_free(&test.ranges, first * PAGE, pages * PAGE);
    assert_int_equal(check, err);
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
}

static void test_arguments(void **state)
{
    (void)state;
    genpaddr_t base;
    begin(MANY_NODES);
    assert_err(ranges_alloc(&test.ranges, PAGE, PAGE, &base), MM_ERR_OUT_OF_MEMORY);
    assert_err(ranges_free(&test.ranges, 0, PAGE), MM_ERR_FOREIGN);
    add(16, 16);
    assert_err(ranges_add(&test.ranges, 0, 17 * PAGE, NULL), MM_ERR_REGION_OVERLAP);
    assert_err(ranges_add(&test.ranges, 31 * PAGE, PAGE, NULL), MM_ERR_REGION_OVERLAP);
    assert_err(ranges_add(&test.ranges, 16 * PAGE, 16 * PAGE, NULL), MM_ERR_REGION_OVERLAP);
    assert_err(ranges_add(&test.ranges, 64 * PAGE, 0, NULL), MM_ERR_ARGUMENT);
    assert_err(ranges_add(&test.ranges, 64 * PAGE + 1, PAGE, NULL), MM_ERR_ARGUMENT);
    assert_err(ranges_add(&test.ranges, 64 * PAGE, 100, NULL), MM_ERR_ARGUMENT);
    assert_err(ranges_add(&test.ranges, (1UL << 52) - PAGE, 2 * PAGE, NULL), MM_ERR_ARGUMENT);
    assert_err(ranges_add(&test.ranges, -PAGE, PAGE, NULL), MM_ERR_ARGUMENT);
    assert_err(ranges_alloc(&test.ranges, 0, PAGE, &base), MM_ERR_ARGUMENT);
    assert_err(ranges_alloc(&test.ranges, 100, PAGE, &base), MM_ERR_ARGUMENT);
    assert_err(ranges_alloc(&test.ranges, PAGE, 0, &base), MM_ERR_ARGUMENT);
    assert_err(ranges_alloc(&test.ranges, PAGE, 3 * PAGE, &base), MM_ERR_ARGUMENT);
    assert_err(ranges_alloc(&test.ranges, PAGE, 1UL << 63, &base), MM_ERR_OUT_OF_MEMORY);
    assert_err(ranges_alloc(&test.ranges, -PAGE, PAGE, &base), MM_ERR_OUT_OF_MEMORY);
    assert_ok(ranges_alloc(&test.ranges, PAGE, 1, &base));
    assert_err(ranges_free(&test.ranges, base + 1, PAGE), MM_ERR_ARGUMENT);
    assert_err(ranges_free(&test.ranges, base, 1), MM_ERR_ARGUMENT);
    assert_err(ranges_free(&test.ranges, base, 0), MM_ERR_ARGUMENT);
    assert_err(ranges_free(&test.ranges, -PAGE, PAGE), MM_ERR_ARGUMENT);
    assert_err(ranges_free(&test.ranges, base, -PAGE - base), MM_ERR_FOREIGN);
    assert_ok(ranges_free(&test.ranges, base, PAGE));
}

static void test_partial_frees_and_refused_ones(void **state)
{
    (void)state;
    size_t first;
    begin(MANY_NODES);
    add(64, 64);
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    assert_ok(take(32, 32, &first));
    assert_ok(give(first + 8, 8));
    assert_err(give(first + 8, 8), MM_ERR_DOUBLE_FREE);
    assert_err(give(first, 32), MM_ERR_DOUBLE_FREE);
    assert_err(give(first + 15, 2), MM_ERR_DOUBLE_FREE);
    assert_err(give(0, 1), MM_ERR_FOREIGN);
    assert_err(give(127, 2), MM_ERR_FOREIGN);
    assert_err(give(63, 2), MM_ERR_FOREIGN);
    assert_ok(give(first + 31, 1));
    assert_ok(give(first + 16, 15));
    assert_ok(give(first, 8));
    assert_int_equal(slab_freecount(&test.ranges.nodes), nodes);
    assert_ok(take(64, 1, &first)); // One range again.
    end(nodes);
}

static void test_regions_that_touch_stay_apart(void **state)
{
    (void)state;
    size_t first, second;
    begin(MANY_NODES);
    add(64, 64);
    add(0, 64);
    add(128, 64);
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    assert_err(take(65, 1, &first), MM_ERR_OUT_OF_MEMORY);
    assert_ok(take(64, 1, &first));
    assert_ok(take(64, 1, &second));
    assert_err(give(0, 128), MM_ERR_FOREIGN);
    assert_err(give(100, 64), MM_ERR_FOREIGN);
    assert_ok(give(second, 64));
    assert_ok(give(first, 64));
    end(nodes);
    for (unsigned i = 3; i < RANGES_REGIONS; i++) {
        add(128 + 2 * i + 64, 1);
    }
    assert_err(ranges_add(&test.ranges, 500 * PAGE, PAGE, NULL), MM_ERR_REGIONS);
}

static void random_operations(size_t nodes, bool expect_nodes)
{
    begin(nodes);
    size_t at = (size_t)random() % 20;
    for (unsigned regions = 1 + (unsigned)random() % 4; regions > 0; regions--) {
        const size_t pages = 1 + (size_t)random() % 110;
        add(at, pages);
        at += pages + (random() % 2 ? (size_t)random() % 16 : 0);
    }
    const size_t nodes_at_first = slab_freecount(&test.ranges.nodes);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        size_t first = (size_t)random() % MAP_PAGES;
        const size_t pages = 1 + (size_t)random() % (1UL << random() % 7);
        errval_t err;
        if (random() % 2) {
            err = take(pages, 1UL << random() % (random() % 2 ? 1 : 8), &first);
        } else {
            for (size_t tries = MAP_PAGES; test.page[first] != USED && tries > 0; tries--) {
                first = (first + 1) % MAP_PAGES;
            }
            err = give(first, pages);
        }
        assert_true(expect_nodes || err != MM_ERR_NODES);
    }
    end(nodes_at_first);
}

static void test_random_operations(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        random_operations(MANY_NODES, false);
    }
}

/// The same with so few nodes that some operations have none: they change nothing, and others go on.
static void test_random_operations_without_nodes(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS / 4; seed++) {
        srandom(seed);
        random_operations(MM_IS_BUDDY ? 90 : 12, true);
    }
}

static void test_exhaustion_and_recovery(void **state)
{
    (void)state;
    size_t first;
    begin(MANY_NODES);
    add(3, 400);
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 400; i++) {
            assert_ok(take(1, 1, &first));
        }
        assert_err(take(1, 1, &first), MM_ERR_OUT_OF_MEMORY);
        for (size_t i = 3; i < 403; i += 2) {
            assert_ok(give(i, 1));
        }
        assert_err(take(2, 1, &first), MM_ERR_OUT_OF_MEMORY);
        assert_ok(give(200, 1));
        assert_ok(take(MM_IS_BUDDY ? 2 : 3, 1, &first));
        end(nodes);
    }
}

#if MM_IS_LOGARITHMIC

/// Every second page of 2 * live is in use, one by one. \return nodes visited by an operation on it
static uint64_t visits(size_t live)
{
    const size_t rounds = 2000, operations = 3 * rounds;
    begin(4 * live);
    assert_ok(ranges_add(&test.ranges, 0, block_pages(2 * live) * PAGE, NULL));
    genpaddr_t base;
    for (size_t i = 0; i < 2 * live; i++) {
        assert_ok(ranges_alloc(&test.ranges, PAGE, PAGE, &base));
        assert_int_equal(base, i * PAGE);
    }
    for (size_t i = 0; i < live; i++) {
        assert_ok(ranges_free(&test.ranges, 2 * i * PAGE, PAGE));
    }
    srandom(1);
    const uint64_t before = test.ranges.visits;
    for (size_t i = 0; i < rounds; i++) {
        // A block comes back and goes again, with the page below it, which comes back, too.
        const genpaddr_t below = 2 * ((size_t)random() % live) * PAGE;
        assert_ok(ranges_free(&test.ranges, below + PAGE, PAGE));
        assert_ok(ranges_alloc(&test.ranges, 2 * PAGE, PAGE, &base));
        assert_int_equal(base, below);
        assert_ok(ranges_free(&test.ranges, below, PAGE));
    }
    return (test.ranges.visits - before) / operations;
}

/// The work of an operation grows with the logarithm: from a thousand to a million live blocks twofold.
static void test_a_million_blocks(void **state)
{
    (void)state;
    const uint64_t few = visits(1000);
    const uint64_t many = visits(MILLION);
    print_message("visits an operation: %lu at 1 000 blocks, %lu at 1 000 000\n", few, many);
    assert_true(few > 0 && many * 2 <= few * 5);
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    for (size_t i = 0; i < MILLION; i++) {
        assert_ok(ranges_free(&test.ranges, (2 * i + 1) * PAGE, PAGE));
    }
    genpaddr_t base;
    assert_ok(ranges_alloc(&test.ranges, block_pages(2 * MILLION) * PAGE, PAGE, &base)); // One range again.
    assert_true(slab_freecount(&test.ranges.nodes) > nodes + MILLION / 2);
}

#endif

static int release(void **state)
{
    (void)state;
    free(test.buffer);
    test.buffer = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_partial_frees_and_refused_ones),
        cmocka_unit_test(test_regions_that_touch_stay_apart),
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_random_operations_without_nodes),
        cmocka_unit_test(test_exhaustion_and_recovery),
#if MM_IS_LOGARITHMIC
        cmocka_unit_test(test_a_million_blocks),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, release);
}

#endif
