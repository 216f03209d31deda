/**
 * Ranges of an address space against a model with a flag a page.
 *
 * Sources: lib/paging/regions.c
 * Includes: lib
 */
#include "check.h"
#include <paging/regions.h>
#include <stdlib.h>
#include <string.h>

#define LOW   0x100000UL
#define PAGES 400
#define HIGH  (LOW + PAGES * BASE_PAGE_SIZE)
#define STEPS 20000
#define MANY  100000

static uint8_t used[PAGES];

static size_t page_of(lvaddr_t address)
{
    return (address - LOW) / BASE_PAGE_SIZE;
}

/// Everything that a node knows is right, and the tree has as many regions as it should. Returns the height.
static unsigned check_subtree(const struct region *node, lvaddr_t low, lvaddr_t high, size_t *count)
{
    if (node == NULL) {
        return 0;
    }
    assert_true(node->base >= low && node->base + node->bytes <= high);
    const unsigned below = check_subtree(node->child[0], low, node->base, count);
    const unsigned above = check_subtree(node->child[1], node->base + node->bytes, high, count);
    for (unsigned side = 0; side < 2; side++) {
        assert_true(node->child[side] == NULL || node->child[side]->priority <= node->priority);
    }
    (*count)++;
    return 1 + (below > above ? below : above);
}

static bool model_overlaps(lvaddr_t base, size_t bytes)
{
    return memchr(&used[page_of(base)], 1, bytes / BASE_PAGE_SIZE) != NULL;
}

/// The lowest place that surely has room, by looking at every page.
static bool model_has_room(size_t pages)
{
    size_t run = 0;
    for (size_t page = 0; page < PAGES; page++) {
        run = used[page] ? 0 : run + 1;
        if (run == pages) {
            return true;
        }
    }
    return false;
}

static void test_random_regions(void **state)
{
    (void)state;
    struct regions regions = {0};
    struct region *live[PAGES];
    size_t count = 0, found_room = 0;
    srandom(11);
    memset(used, 0, sizeof(used));
    for (unsigned step = 0; step < STEPS; step++) {
        const size_t bytes = (1 + (size_t)random() % 12) * BASE_PAGE_SIZE;
        const size_t alignment = BASE_PAGE_SIZE << random() % 3;
        const lvaddr_t anywhere = LOW + (size_t)random() % (PAGES - bytes / BASE_PAGE_SIZE) * BASE_PAGE_SIZE;
        assert_int_equal(regions_overlap(&regions, anywhere, bytes), model_overlaps(anywhere, bytes));
        lvaddr_t base = anywhere;
        if (random() % 2 != 0) {
            base = regions_find_room(&regions, bytes, alignment, BASE_PAGE_SIZE, LOW, HIGH);
            if (base == 0) {
                assert_false(model_has_room((bytes + alignment) / BASE_PAGE_SIZE + 2));
            } else {
                found_room++;
                assert_int_equal(base % alignment, 0);
                assert_true(base - BASE_PAGE_SIZE >= LOW && base + bytes + BASE_PAGE_SIZE <= HIGH);
                assert_false(model_overlaps(base - BASE_PAGE_SIZE, bytes + 2 * BASE_PAGE_SIZE));
            }
        }
        if (base != 0 && random() % 5 < 3 && !model_overlaps(base, bytes)) {
            struct region *region = malloc(sizeof(*region));
            assert_non_null(region);
            region->base = base;
            region->bytes = bytes;
            regions_add(&regions, region);
            live[count++] = region;
            memset(&used[page_of(base)], 1, bytes / BASE_PAGE_SIZE);
        } else if (count > 0) {
            const size_t victim = (size_t)random() % count;
            struct region *region = live[victim];
            assert_ptr_equal(regions_find(&regions, region->base), region);
            regions_remove(&regions, region);
            assert_null(regions_find(&regions, region->base));
            memset(&used[page_of(region->base)], 0, region->bytes / BASE_PAGE_SIZE);
            live[victim] = live[--count];
            free(region);
        }
        size_t in_tree = 0;
        check_subtree(regions.root, LOW, HIGH, &in_tree);
        assert_int_equal(in_tree, count);
    }
    assert_true(found_room > STEPS / 10);
    while (count > 0) {
        regions_remove(&regions, live[--count]);
        free(live[count]);
    }
    assert_null(regions.root);
}

/// The worst order for a tree that does not balance: one behind the other.
static void test_many_regions_stay_shallow(void **state)
{
    (void)state;
    struct regions regions = {0};
    struct region *all = calloc(MANY, sizeof(*all));
    size_t count = 0;
    assert_non_null(all);
    for (size_t i = 0; i < MANY; i++) {
        all[i].base = LOW + 2 * i * BASE_PAGE_SIZE;
        all[i].bytes = BASE_PAGE_SIZE;
        regions_add(&regions, &all[i]);
    }
    const unsigned height = check_subtree(regions.root, 0, UINT64_MAX, &count);
    assert_int_equal(count, MANY);
    assert_true(height < 60); // 17 would be perfect
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_regions),
        cmocka_unit_test(test_many_regions_stay_shallow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
