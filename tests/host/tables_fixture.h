/**
 * Page tables under test: what they are supplied with, counted, and a model of what should stand in them.
 */
#ifndef TEST_TABLES_FIXTURE_H
#define TEST_TABLES_FIXTURE_H

#include "check.h"
#include "fake_caps.h"
#include <aos/capabilities.h>
#include <paging/tables.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES   6
#define HELD     4
#define PLACES   3
#define MEGABYTE (1UL << 20)

static const struct frame {
    genpaddr_t base;
    gensize_t bytes;
    unsigned rights;
} frames[FRAMES] = {
    {1UL << 32, 3 * HUGE_PAGE_SIZE, CAPRIGHTS_ALL}, // Exactly huge pages,
    {(2UL << 33) + 5 * LARGE_PAGE_SIZE, 2 * HUGE_PAGE_SIZE, CAPRIGHTS_ALL},
    {(3UL << 33) + 7 * BASE_PAGE_SIZE, 9 * MEGABYTE, CAPRIGHTS_ALL}, // and nothing of the sort.
    {4UL << 33, 64 * MEGABYTE, CAPRIGHTS_READ | CAPRIGHTS_WRITE},
    {5UL << 33, 16 * BASE_PAGE_SIZE, CAPRIGHTS_READ | CAPRIGHTS_EXECUTE},
    {6UL << 33, BASE_PAGE_SIZE, CAPRIGHTS_ALL},
};

/// Requests are around here: inside one table, at the border of two, and at that of two entries of the root.
static const lvaddr_t places[PLACES] = {
    (1UL << 39) + 3 * LARGE_PAGE_SIZE,
    (1UL << 39) + 5 * HUGE_PAGE_SIZE,
    2UL << 39,
};

static struct {
    struct page_tables tables;
    struct runs model, actual;
    struct capref frame[FRAMES];
    struct page_table *held[HELD]; ///< Tables of the last level that must not go,
    lvaddr_t held_base[HELD];      ///< and what they translate.
    unsigned fail_in;              ///< The so-many-th request for anything fails; 0: none.
    unsigned slots, nodes, map_nodes, page_tables;
    unsigned slots_asked, tables_asked; ///< In this step.
} test;

/* The supply. */

/// \return true if this request is the one to fail
static bool is_to_fail(void)
{
    return test.fail_in > 0 && --test.fail_in == 0;
}

static errval_t make_slot(void *context, struct capref *ret)
{
    assert_ptr_equal(context, &test);
    test.slots_asked++;
    if (is_to_fail()) {
        return LIB_ERR_RESERVE;
    }
    *ret = fake_slots_take(1);
    test.slots++;
    return SYS_ERR_OK;
}

static void free_slot(void *context, struct capref slot)
{
    assert_ptr_equal(context, &test);
    fake_slots_give(slot, 1);
    test.slots--;
}

static errval_t make_table(void *context, enum objtype type, struct capref *ret)
{
    assert_ptr_equal(context, &test);
    test.tables_asked++;
    if (is_to_fail()) {
        return LIB_ERR_RESERVE;
    }
    *ret = fake_slots_take(1);
    fake_make_table(*ret, type);
    test.page_tables++;
    return SYS_ERR_OK;
}

static void free_table(void *context, enum objtype type, struct capref table)
{
    struct capability_info info;
    assert_ptr_equal(context, &test);
    assert_ok(cap_identify(table, &info));
    assert_int_equal(info.type, type);
    assert_true(fake_table_is_free(table));
    assert_ok(cap_delete(table));
    fake_slots_give(table, 1);
    test.page_tables--;
}

/// Nodes come with any content, and exactly as large as was asked for.
static void *make_node(void *context, size_t bytes)
{
    assert_ptr_equal(context, &test);
    assert_true(bytes == PAGE_NODE_BYTES
                || (bytes > 0 && (bytes == shadow_bytes(0) || bytes == shadow_bytes(3))));
    if (is_to_fail()) {
        return NULL;
    }
    void *node = malloc(bytes);
    assert_non_null(node);
    test.nodes++;
    return memset(node, 0xa5, bytes);
}

static void free_node(void *context, void *node, size_t bytes)
{
    assert_ptr_equal(context, &test);
    memset(node, 0x5a, bytes);
    free(node);
    test.nodes--;
}

static struct page_supply supply = {
    .make_table = make_table,
    .make_slot = make_slot,
    .make_node = make_node,
    .free_table = free_table,
    .free_slot = free_slot,
    .free_node = free_node,
};

static void begin(bool copies)
{
    fake_caps_reset();
    memset(&test, 0, sizeof(test));
    supply.copies = copies;
    for (unsigned i = 0; i < FRAMES; i++) {
        test.frame[i] = fake_slots_take(1);
        fake_make_memory(test.frame[i], ObjType_Frame, frames[i].base, frames[i].bytes, frames[i].rights);
    }
    assert_ok(page_tables_init(&test.tables, cap_vroot, &supply, &test));
}

/// What is there is what the model says. Copies or not, too.
static void check(void)
{
    fake_walk(cap_vroot, &test.actual);
    assert_runs_equal(&test.actual, &test.model);
    for (unsigned i = 0; i < FRAMES && supply.copies; i++) {
        assert_false(fake_is_mapped(test.frame[i]));
    }
    assert_int_equal(fake_caps.slots_out, FRAMES + test.slots + test.page_tables);
}

/// Counters of what the tables have taken, to see that a request that failed gave all back.
struct taken {
    unsigned slots, nodes, page_tables, caps;
};

static struct taken taken_now(void)
{
    return (struct taken){test.slots, test.nodes, test.page_tables, fake_caps.caps};
}

static void assert_taken(struct taken before)
{
    const struct taken now = taken_now();
    assert_memory_equal(&now, &before, sizeof(before));
}

#endif
