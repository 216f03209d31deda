/**
 * The domain's own address space, from the functions that programs call down to its page tables, with every
 * value of the axis `shadow`: included by one test file for each. Random requests beside a model of which
 * page has what; memory and slots are wanting at random.
 */
#ifndef TEST_SPACE_SUITE_H
#define TEST_SPACE_SUITE_H

#include "space_steps.h"
#include <pthread.h>

#define SEEDS   50
#define STEPS   250
#define THREADS 6
#define STACKS  3

/* Sequences. */

/// No page is of two extents.
static lvaddr_t check_extents(const struct region *region, lvaddr_t end)
{
    if (region) {
        end = check_extents(region->child[0], end);
        assert_true(region->base >= end);
        end = check_extents(region->child[1], region->base + region->bytes);
    }
    return end;
}

static void check(void)
{
    fake_walk(cap_vroot, &test.actual);
    assert_runs_equal(&test.actual, &test.model);
    check_extents(space()->extents.root, 0);
}

static void random_step(void)
{
    struct area *reserved = random_area(RESERVED), *any = &test.area[random_below(AREAS)];
    switch (random_below(16)) {
    case 0:
    case 1:
    case 2:
        step_map();
        break;
    case 3:
        step_unmap();
        break;
    case 4:
        step_unmap_range();
        break;
    case 5:
        step_protect();
        break;
    case 6:
        step_reserve();
        break;
    case 7:
        step_stack();
        break;
    case 8:
        if (any->kind != UNUSED && any->kind != MAPPED && random_below(2)) {
            destroy(any);
        }
        break;
    case 9:
    case 10:
        if (reserved) {
            step_region_map(reserved);
        }
        break;
    case 11:
        if (reserved) {
            step_region_unmap(reserved);
        }
        break;
    default:
        for (unsigned i = 0; i < 8; i++) {
            step_fault();
            check();
        }
    }
}

/// What is left is what the stock keeps, and all nodes are in it.
static void check_nothing_lost(void)
{
    struct space_operation operation;
    space_begin_free(&operation);
    page_tables_trim(&space()->tables);
    space_end(&operation);
    const size_t tables = stock_bytes() / PAGE;
    const size_t root_nodes = shadow_bytes(0) > 0;
    assert_null(space()->regions.root);
    assert_null(space()->extents.root);
    assert_true(fake_table_is_free(cap_vroot));
    assert_int_equal(fake_memory.ram_pages, 0);
    assert_int_equal(fake_memory.tables, tables);
    assert_int_equal(fake_caps.caps, FRAMES + tables);
    assert_int_equal(fake_caps.slots_out, FRAMES + tables + stock.slot_count);
    assert_int_equal(slab_freecount(&stock.nodes) + root_nodes, stock.nodes.total);
    assert_int_equal(slab_freecount(&stock.maps), stock.maps.total);
}

static void random_sequence(unsigned fail_permille)
{
    for (unsigned step = 0; step < STEPS; step++) {
        fake_memory.fail_permille = random_below(3) ? fail_permille : 0;
        test.failures = fake_memory.failures;
        random_step();
        check();
    }
    fake_memory.fail_permille = fail_permille;
    for (struct area *area = test.area; area < test.area + AREAS; area++) {
        if (area->kind != UNUSED) {
            destroy(area);
            check();
        }
    }
    check_nothing_lost();
}

static void test_random_requests(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        random_sequence(0);
    }
}

static void test_random_requests_while_things_are_wanting(void **state)
{
    (void)state;
    const unsigned before = fake_memory.failures;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        random_sequence(seed % 2 ? 40 : 400);
    }
    assert_true(fake_memory.failures > before + SEEDS);
}

/* Threads of the host. */

static lvaddr_t stacks[STACKS];
#define STACK_BYTES (40 * PAGE)

/// Touches a page that others touch, too. \return whether it was this thread that brought it
static bool touch_stack(unsigned *random)
{
    bool mapped;
    const lvaddr_t at = stacks[(unsigned)rand_r(random) % STACKS] + (size_t)rand_r(random) % STACK_BYTES;
    const errval_t err = paging_handle_fault(space(), FAULT_WRITE, at, &mapped);
    assert_true(err_is_ok(err) || fake_memory.failures > 0);
    return mapped;
}

/// Maps frames that others map, too, and takes part of them away.
static void use_frame(unsigned *random)
{
    void *base;
    const size_t bytes = (2 + (size_t)rand_r(random) % 800) * PAGE;
    if (err_is_ok(paging_map_frame(space(), &base, bytes, test.frame[2]))) {
        const errval_t err = paging_unmap_range(space(), (char *)base + PAGE, bytes - PAGE);
        assert_ok(paging_unmap(space(), base));
        assert_true(err_is_ok(err) || fake_memory.failures > 0);
    } else {
        assert_true(fake_memory.failures > 0);
    }
}

static void use_region(unsigned *random)
{
    struct paging_region region;
    void *memory;
    const size_t bytes = (1 + (size_t)rand_r(random) % 200) * PAGE;
    bool mapped;
    if (err_is_fail(paging_region_init(space(), &region, bytes, VREGION_FLAGS_READ_WRITE))) {
        assert_true(fake_memory.failures > 0);
        return;
    }
    if (err_is_ok(paging_region_map(&region, bytes, &memory, NULL))) {
        for (unsigned i = 0; i < 10; i++) {
            const lvaddr_t at = (lvaddr_t)memory + (size_t)rand_r(random) % bytes;
            assert_ok(paging_handle_fault(space(), FAULT_WRITE, at, &mapped));
        }
    } else {
        assert_true(fake_memory.failures > 0);
    }
    paging_region_destroy(&region);
}

/// \return how many pages of the stacks it brought
static void *work(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;
    uintptr_t brought = 0;
    for (unsigned step = 0; step < 60; step++) {
        brought += touch_stack(&random);
        (rand_r(&random) % 2 ? use_frame : use_region)(&random);
    }
    return (void *)brought;
}

static void run_threads(unsigned seed)
{
    pthread_t threads[THREADS];
    size_t brought = 0, pages = 0;
    fake_memory.failures = 0;
    for (unsigned i = 0; i < STACKS; i++) {
        assert_ok(paging_stack_create(space(), STACK_BYTES, &stacks[i]));
    }
    fake_memory.fail_permille = seed % 2 ? 30 : 0;
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(seed * THREADS + i)), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        brought += (uintptr_t)result;
    }
    fake_memory.fail_permille = 0;
    check_extents(space()->extents.root, 0);
    fake_walk(cap_vroot, &test.actual);
    for (size_t i = 0; i < test.actual.count; i++) {
        pages += test.actual.run[i].bytes / PAGE;
    }
    assert_int_equal(pages, brought);
    for (unsigned i = 0; i < STACKS; i++) {
        paging_stack_destroy(space(), stacks[i]);
    }
    check_nothing_lost();
}

/// They share the address space, stacks that grow, and frames.
static void test_threads(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 10; seed++) {
        run_threads(seed);
    }
}

static int set_up(void **state)
{
    (void)state;
    fake_memory_reset();
    for (unsigned i = 0; i < FRAMES; i++) {
        test.frame[i] = fake_slots_take(1);
        fake_make_memory(test.frame[i], ObjType_Frame, frames[i].base, frames[i].bytes, frames[i].rights);
    }
    return 0;
}

static int release(void **state)
{
    (void)state;
    fake_caps_reset();
    cap_delete(cap_vroot);
    fake_arena_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_requests),
        cmocka_unit_test(test_random_requests_while_things_are_wanting),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, set_up, release);
}

#endif
