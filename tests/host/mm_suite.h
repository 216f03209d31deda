/**
 * What every value of the axis `alloc` must do: included by one test file for each, which defines
 * MM_IS_BUDDY (an allocation needs a whole aligned power-of-two block) and MM_IS_LOGARITHMIC.
 */
#ifndef TEST_MM_SUITE_H
#define TEST_MM_SUITE_H

#include "mm_model.h"

#define SEEDS        3000
#define OPERATIONS   120
#define MANY_NODES   4096
#define MANY_REGIONS 3000
#define MILLION      1000000UL

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

/// Regions come and go in thousands, in any order; those of which nothing is allocated are found.
static void test_regions_come_and_go(void **state)
{
    (void)state;
    static struct region *regions[MANY_REGIONS];
    static genpaddr_t taken[MANY_REGIONS];
    static char records[MANY_REGIONS * 2 * sizeof(struct region)];
    begin(MANY_REGIONS * 16);
    slab_grow(&test.ranges.records, records, sizeof(records));
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    for (size_t i = 0; i < MANY_REGIONS; i++) {
        const size_t at = i * 1031 % MANY_REGIONS;
        if (i % 4 > 0) {
            assert_ok(ranges_add(&test.ranges, at * 3 * PAGE, 3 * PAGE, &regions[at]));
        } else {
            assert_ok(ranges_add_taken(&test.ranges, at * 3 * PAGE, 3 * PAGE, &regions[at]));
            assert_int_equal(regions[at]->free_bytes, 0);
            if (i % 8 > 0) {
                assert_ok(ranges_free(&test.ranges, (at * 3 + 1) * PAGE, 2 * PAGE));
                assert_ok(ranges_free(&test.ranges, at * 3 * PAGE, PAGE));
            } else {
                ranges_remove(&test.ranges, regions[at]);
                assert_ok(ranges_add(&test.ranges, at * 3 * PAGE, 3 * PAGE, &regions[at]));
            }
        }
        regions[at]->is_removable = true;
    }
    assert_null(test.ranges.idle); // They have never been used.
    for (size_t i = 0; i < MANY_REGIONS; i++) {
        struct region *region;
        assert_ok(ranges_alloc(&test.ranges, PAGE, PAGE, &taken[i]));
        region = ranges_region(&test.ranges, taken[i], PAGE);
        assert_true(region->base <= taken[i] && taken[i] - region->base < 3 * PAGE);
    }
    for (size_t i = 0; i < MANY_REGIONS; i++) {
        assert_ok(ranges_free(&test.ranges, taken[i * 1031 % MANY_REGIONS], PAGE));
        if (i % 3 == 2 && test.ranges.idle) {
            ranges_remove(&test.ranges, test.ranges.idle);
        }
    }
    while (test.ranges.idle) {
        struct region *region = test.ranges.idle;
        assert_ptr_equal(ranges_region(&test.ranges, region->base, 3 * PAGE), region);
        const genpaddr_t base = region->base;
        ranges_remove(&test.ranges, region);
        assert_null(ranges_region(&test.ranges, base, PAGE));
        assert_err(ranges_free(&test.ranges, base, PAGE), MM_ERR_FOREIGN);
    }
    // What never had anything allocated is there still.
    assert_int_equal(test.ranges.free_bytes, test.ranges.region_count * 3 * PAGE);
    while (test.ranges.region_count > 0) {
        ranges_remove(&test.ranges, (struct region *)test.ranges.regions.root);
    }
    assert_int_equal(test.ranges.free_bytes, 0);
    assert_int_equal(slab_freecount(&test.ranges.nodes), nodes);
    assert_int_equal(slab_freecount(&test.ranges.records), test.ranges.records.total);
    assert_true(test.ranges.nodes.refused == 0 && test.ranges.records.refused == 0);
}

/// What ranges_room() says does, for any request.
static void test_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEEDS; i++) {
        const gensize_t pages = 1 + (size_t)random() % 40, alignment = PAGE << random() % 6;
        gensize_t bytes = pages * PAGE, wanted = alignment;
        genpaddr_t base;
        ranges_room(&bytes, &wanted);
        assert_true(bytes >= pages * PAGE && wanted >= alignment);
        begin(MANY_NODES);
        assert_ok(ranges_add(&test.ranges, (1 + (size_t)random() % 50) * wanted, bytes, NULL));
        assert_ok(ranges_alloc(&test.ranges, pages * PAGE, alignment, &base));
    }
}

/// One region is full, or has no place that lies as it must: another one gives.
static void test_every_region_gives(void **state)
{
    (void)state;
    size_t first;
    begin(MANY_NODES);
    add(1, 7); // No multiple of 8.
    add(64, 3);
    add(129, 40);
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    assert_ok(take(1, 8, &first));
    assert_true(first == 64 || first >= 129);
    assert_ok(take(8, 8, &first));
    assert_true(first >= 129);
    end(nodes);
    for (size_t i = 0; i < 7 + 3 + 40; i++) {
        assert_ok(take(1, 1, &first));
    }
    assert_err(take(1, 1, &first), MM_ERR_OUT_OF_MEMORY);
    assert_ok(give(65, 1));
    assert_ok(take(1, 1, &first));
    assert_int_equal(first, 65);
    end(nodes);
}

/// A region of 4 TiB that begins at an odd page, and every alignment that has a multiple in it.
static void test_any_alignment(void **state)
{
    (void)state;
    const genpaddr_t from = (1UL << 42) + PAGE;
    const size_t sizes[] = {1, 2, 3, 5, 512, 513};
    begin(MANY_NODES);
    assert_ok(ranges_add(&test.ranges, from, (1UL << 42) + 2 * PAGE, NULL));
    const gensize_t free_bytes = test.ranges.free_bytes;
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    for (unsigned order = 0; order <= 43; order++) {
        const gensize_t alignment = 1UL << order;
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            genpaddr_t base[2];
            // 2^43 is in the region with three pages from there on, and three times 2^41 with many.
            const bool ends = !MM_IS_BUDDY && sizes[i] <= 3;
            const bool room = order < 42 || ends, room_for_two = order < 41 || (order == 41 && ends);
            const errval_t err = ranges_alloc(&test.ranges, sizes[i] * PAGE, alignment, &base[0]);
            assert_err(err, room ? SYS_ERR_OK : MM_ERR_OUT_OF_MEMORY);
            if (!room) {
                continue;
            }
            assert_int_equal(base[0] % alignment, 0);
            const errval_t again = ranges_alloc(&test.ranges, sizes[i] * PAGE, alignment, &base[1]);
            assert_err(again, room_for_two ? SYS_ERR_OK : MM_ERR_OUT_OF_MEMORY);
            if (err_is_ok(again)) {
                assert_int_equal(base[1] % alignment, 0);
                assert_true(base[1] >= base[0] + sizes[i] * PAGE || base[0] >= base[1] + sizes[i] * PAGE);
                assert_ok(ranges_free(&test.ranges, base[1], sizes[i] * PAGE));
            }
            assert_ok(ranges_free(&test.ranges, base[0], sizes[i] * PAGE));
        }
    }
    assert_int_equal(test.ranges.free_bytes, free_bytes);
    assert_int_equal(slab_freecount(&test.ranges.nodes), nodes);
}

/// Every order in which six blocks can be freed, neighbours in between and at the region's edges.
static void test_any_order_of_frees(void **state)
{
    (void)state;
    enum {
        BLOCKS = 6,
        ORDERS = 720
    };
    begin(MANY_NODES);
    add(8, 2 * BLOCKS);
    const size_t nodes = slab_freecount(&test.ranges.nodes);
    for (unsigned order = 0; order < ORDERS; order++) {
        size_t first[BLOCKS];
        for (unsigned i = 0; i < BLOCKS; i++) {
            assert_ok(take(2, 1, &first[i]));
        }
        unsigned choice = order;
        for (unsigned left = BLOCKS; left > 0; left--) {
            const unsigned chosen = choice % left;
            choice /= left;
            assert_ok(give(first[chosen], 2));
            first[chosen] = first[left - 1];
        }
        assert_int_equal(slab_freecount(&test.ranges.nodes), nodes); // It is one range again.
    }
}

/// A region that there is no node for is not there, and can be added when there is one.
static void test_region_without_a_node(void **state)
{
    (void)state;
    static char nodes[MAP_PAGES * 128];
    size_t first;
    begin(0);
    const struct ranges before = test.ranges;
    assert_err(ranges_add(&test.ranges, 3 * PAGE, 21 * PAGE, NULL), MM_ERR_NODES);
    assert_int_equal(test.ranges.region_count, 0);
    assert_int_equal(test.ranges.free_bytes, 0);
    assert_ptr_equal(test.ranges.root, before.root);
    assert_err(take(1, 1, &first), MM_ERR_OUT_OF_MEMORY);
    assert_err(give(3, 1), MM_ERR_FOREIGN);
    slab_grow(&test.ranges.nodes, nodes, sizeof(nodes));
    add(3, 21);
    assert_ok(take(MM_IS_BUDDY ? 8 : 21, 1, &first));
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
    // In some runs one alignment is much asked for, in others any.
    const unsigned usual = (unsigned)random() % 8, orders = random() % 2 ? 8 : 1;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        size_t first = (size_t)random() % MAP_PAGES;
        const size_t pages = 1 + (size_t)random() % (1UL << random() % 7);
        errval_t err;
        if (random() % 2) {
            err = take(pages, 1UL << (usual + (unsigned)random() % orders) % 8, &first);
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

/// What an allocation visits whose alignment is neither a page nor its size, where one range in many has it.
static uint64_t aligned_visits(size_t live)
{
    const size_t rounds = 2000;
    begin(4 * live);
    assert_ok(ranges_add(&test.ranges, 0, block_pages(8 * live) * PAGE, NULL));
    genpaddr_t base;
    assert_ok(ranges_alloc(&test.ranges, block_pages(8 * live) * PAGE, PAGE, &base));
    for (size_t i = 0; i < live; i++) {
        assert_ok(ranges_free(&test.ranges, (8 * i + 2) * PAGE, 2 * PAGE)); // Large enough, and lies badly.
    }
    assert_err(ranges_alloc(&test.ranges, 2 * PAGE, 4 * PAGE, &base), MM_ERR_OUT_OF_MEMORY);
    srandom(1);
    const uint64_t before = test.ranges.visits;
    for (size_t i = 0; i < rounds; i++) {
        const genpaddr_t block = 8 * ((size_t)random() % live) * PAGE;
        assert_ok(ranges_free(&test.ranges, block, 2 * PAGE));
        assert_ok(ranges_alloc(&test.ranges, 2 * PAGE, 4 * PAGE, &base));
        assert_int_equal(base, block);
        assert_err(ranges_alloc(&test.ranges, 3 * PAGE, 4 * PAGE, &base), MM_ERR_OUT_OF_MEMORY);
    }
    return (test.ranges.visits - before) / (3 * rounds);
}

static void test_a_million_ranges_that_lie_badly(void **state)
{
    (void)state;
    const uint64_t few = aligned_visits(1000);
    const uint64_t many = aligned_visits(MILLION);
    print_message("visits with an odd alignment: %lu at 1 000 blocks, %lu at 1 000 000\n", few, many);
    assert_true(few > 0 && many * 2 <= few * 5);
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
        cmocka_unit_test(test_regions_come_and_go),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_every_region_gives),
        cmocka_unit_test(test_any_alignment),
        cmocka_unit_test(test_any_order_of_frees),
        cmocka_unit_test(test_region_without_a_node),
        cmocka_unit_test(test_random_operations),
        cmocka_unit_test(test_random_operations_without_nodes),
        cmocka_unit_test(test_exhaustion_and_recovery),
#if MM_IS_LOGARITHMIC
        cmocka_unit_test(test_a_million_blocks),
        cmocka_unit_test(test_a_million_ranges_that_lie_badly),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, release);
}

#endif
