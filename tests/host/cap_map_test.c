/**
 * Mapping: levels, ranges, rights, and every refusal.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/captable.h>
#include <cap/mdb.h>

#define HUGE_BASE (1UL << 31)
#define READ      VREGION_FLAGS_READ

enum {
    RAM,
    DEVICES,
    L0,
    L1,
    L2,
    L3,
    FRAME,
    HUGE_FRAME,
    DEVICE,
    MAPPING,
    OTHER,
    SLOTS = 16
};

static struct cte *s;

static int set_up(void **state)
{
    (void)state;
    s = fake_kernel_start(SLOTS);
    caps_create(&s[RAM], ObjType_RAM, arena_take(0x10000, 0x10000), 0x10000);
    caps_create(&s[HUGE_FRAME], ObjType_Frame, HUGE_BASE, 4UL << 30);
    caps_create(&s[DEVICE], ObjType_DevFrame, 0x30000000, 0x200000);
    for (unsigned level = 0; level < 4; level++) {
        assert_ok(
            caps_retype(&s[L0 + level], ObjType_VNode_AARCH64_l0 + level, 0, 1, &s[RAM], level * 0x1000));
    }
    assert_ok(caps_retype(&s[FRAME], ObjType_Frame, 0x4000, 1, &s[RAM], 0x4000));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

static void test_pages(void **state)
{
    (void)state;
    assert_ok(caps_map(&s[L3], &s[FRAME], &s[MAPPING], 509, 3, VREGION_FLAGS_READ_WRITE, 0x1000));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fake_read_pte(s[L3].cap.base, 509 + i),
                         fake_pte(3, s[FRAME].cap.base + 0x1000 + i * 0x1000, true, false,
                                  VREGION_FLAGS_READ_WRITE));
    }
    assert_int_equal(s[MAPPING].cap.type, ObjType_Frame_Mapping);
    assert_int_equal(s[MAPPING].cap.base, s[L3].cap.base + 509 * 8);
    assert_int_equal(s[MAPPING].cap.bytes, 24);
    assert_ptr_equal(mdb_slot(s[MAPPING].cap.aux32), &s[FRAME]);
    assert_ptr_equal(mdb_slot(s[FRAME].cap.aux32), &s[MAPPING]);
    assert_sound();
    assert_ok(caps_unmap(&s[L3], &s[MAPPING]));
    assert_false(fake_vnode_in_use(s[L3].cap.base, 0, 512));
    assert_int_equal(s[MAPPING].cap.type, ObjType_Null);
    assert_int_equal(s[FRAME].cap.aux32, 0);
}

static void test_blocks(void **state)
{
    (void)state;
    assert_ok(caps_map(&s[L2], &s[HUGE_FRAME], &s[MAPPING], 7, 2, READ, 0x200000));
    assert_int_equal(fake_read_pte(s[L2].cap.base, 8), fake_pte(2, HUGE_BASE + 0x400000, true, false, READ));
    assert_ok(caps_copy(&s[OTHER], &s[HUGE_FRAME]));
    assert_ok(caps_map(&s[L1], &s[OTHER], &s[OTHER + 1], 1, 2, READ, 1UL << 30));
    assert_int_equal(fake_read_pte(s[L1].cap.base, 2),
                     fake_pte(1, HUGE_BASE + (2UL << 30), true, false, READ));
}

static void test_devices(void **state)
{
    (void)state;
    assert_ok(caps_map(&s[L2], &s[DEVICE], &s[MAPPING], 0, 1, VREGION_FLAGS_READ_WRITE, 0));
    assert_int_equal(fake_read_pte(s[L2].cap.base, 0),
                     fake_pte(2, 0x30000000, true, true, VREGION_FLAGS_READ_WRITE));
    assert_int_equal(s[MAPPING].cap.type, ObjType_DevFrame_Mapping);
}

static void test_tables(void **state)
{
    (void)state;
    for (unsigned level = 0; level < 3; level++) {
        struct cte *table = &s[L0 + level];
        assert_ok(caps_map(table, table + 1, &s[OTHER + level], 3, 1, VREGION_FLAGS_READ_WRITE, 0));
        assert_int_equal(fake_read_pte(table->cap.base, 3),
                         fake_pte(level, table[1].cap.base, false, false, 0));
        assert_int_equal(s[OTHER + level].cap.type, captable[table[1].cap.type].mapping);
    }
    assert_ok(caps_unmap(&s[L1], &s[OTHER + 1]));
    assert_int_equal(fake_read_pte(s[L1].cap.base, 3), 0);
}

/// Every type into every level: allowed is what the declaration says.
static void test_types_and_levels(void **state)
{
    (void)state;
    for (unsigned type = 1; type < ObjType_Num; type++) {
        if (type == ObjType_Remains) {
            continue; // comes from a delete only
        }
        for (unsigned level = 0; level < 4; level++) {
            set_up(NULL);
            struct cte *source = arena_take_slots(1);
            if (captable[type].region == REGION_PTE) {
                assert_ok(caps_map(&s[L3], &s[FRAME], &s[MAPPING], 0, 1, READ, 0));
                source = &s[MAPPING];
                source->cap.type = type;
            } else {
                caps_create(source, type, 0x4000000000,
                            captable[type].bytes ? captable[type].bytes : 1UL << 30);
            }
            const bool legal = objtype_is_in(ObjType_VNode_AARCH64_l0 + level, captable[type].maps_in);
            assert_err(caps_map(&s[L0 + level], source, &s[OTHER], 5, 1, READ, 0),
                       legal ? SYS_ERR_OK : SYS_ERR_VNODE_LEVEL);
        }
    }
    set_up(NULL);
    assert_err(caps_map(&s[RAM], &s[FRAME], &s[MAPPING], 0, 1, READ, 0), SYS_ERR_VNODE_LEVEL);
    assert_err(caps_map(&s[L3], &s[OTHER], &s[MAPPING], 0, 1, READ, 0), SYS_ERR_CAP_NOT_FOUND);
}

static void test_entry_ranges(void **state)
{
    (void)state;
    struct cte *l3 = &s[L3], *frame = &s[FRAME], *to = &s[MAPPING];
    assert_err(caps_map(l3, frame, to, 0, 0, READ, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(l3, frame, to, 512, 1, READ, 0), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_map(l3, frame, to, 511, 2, READ, 0), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_map(l3, frame, to, 1, SIZE_MAX, READ, 0), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_map(l3, frame, to, SIZE_MAX, 2, READ, 0), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_map(l3, frame, to, 0, 5, READ, 0), SYS_ERR_FRAME_RANGE);
    assert_err(caps_map(l3, frame, to, 0, 1, READ, 0x4000), SYS_ERR_FRAME_RANGE);
    assert_err(caps_map(l3, frame, to, 0, 1, READ, ~0xfffUL), SYS_ERR_FRAME_RANGE);
    assert_err(caps_map(&s[L2], frame, to, 0, 1, READ, 0), SYS_ERR_FRAME_RANGE);
    assert_err(caps_map(&s[L2], l3, to, 0, 2, 0, 0), SYS_ERR_FRAME_RANGE);
    assert_err(caps_map(&s[L2], l3, to, 0, 1, 0, 0x1000), SYS_ERR_FRAME_RANGE);
    assert_err(caps_map(l3, frame, to, 0, 1, READ, 8), SYS_ERR_FRAME_ALIGNMENT);
    assert_err(caps_map(&s[L2], &s[HUGE_FRAME], to, 0, 1, READ, 0x1000), SYS_ERR_FRAME_ALIGNMENT);
    assert_err(caps_map(&s[L1], &s[HUGE_FRAME], to, 0, 1, READ, 0x200000), SYS_ERR_FRAME_ALIGNMENT);
    assert_int_equal(mdb_roots[REGION_PTE], 0);
    assert_false(fake_vnode_in_use(l3->cap.base, 0, 512));
}

static void test_in_use(void **state)
{
    (void)state;
    assert_ok(caps_map(&s[L3], &s[FRAME], &s[MAPPING], 4, 2, READ, 0));
    assert_err(caps_map(&s[L3], &s[FRAME], &s[OTHER], 8, 1, READ, 0), SYS_ERR_CAP_ALREADY_MAPPED);
    assert_ok(caps_copy(&s[OTHER], &s[FRAME]));
    assert_err(caps_map(&s[L3], &s[OTHER], &s[MAPPING], 8, 1, READ, 0), SYS_ERR_SLOT_IN_USE);
    assert_err(caps_map(&s[L3], &s[OTHER], &s[OTHER], 8, 1, READ, 0), SYS_ERR_SLOT_IN_USE);
    assert_err(caps_map(&s[L3], &s[OTHER], &s[OTHER + 1], 3, 2, READ, 0), SYS_ERR_VNODE_ENTRY_IN_USE);
    assert_err(caps_map(&s[L3], &s[OTHER], &s[OTHER + 1], 5, 1, READ, 0), SYS_ERR_VNODE_ENTRY_IN_USE);
    assert_ok(caps_map(&s[L3], &s[OTHER], &s[OTHER + 1], 6, 1, READ, 0));
}

static void test_flags_and_rights(void **state)
{
    (void)state;
    struct cte *l3 = &s[L3], *to = &s[MAPPING];
    const uint64_t write_execute = VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE;
    assert_err(caps_map(l3, &s[FRAME], to, 0, 1, READ | 16, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(l3, &s[FRAME], to, 0, 1, READ | 1UL << 54, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(l3, &s[FRAME], to, 0, 1, 0, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(l3, &s[FRAME], to, 0, 1, VREGION_FLAGS_WRITE, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(l3, &s[FRAME], to, 0, 1, write_execute, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(l3, &s[DEVICE], to, 0, 1, VREGION_FLAGS_READ_EXECUTE, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_map(&s[L2], &s[L3], to, 0, 1, 1UL << 40, 0), SYS_ERR_INVALID_ARGUMENT);

    assert_ok(caps_mint(&s[OTHER], &s[FRAME], CAPRIGHTS_READ, 0));
    assert_err(caps_map(l3, &s[OTHER], to, 0, 1, VREGION_FLAGS_READ_WRITE, 0), SYS_ERR_RIGHTS);
    assert_err(caps_map(l3, &s[OTHER], to, 0, 1, VREGION_FLAGS_READ_EXECUTE, 0), SYS_ERR_RIGHTS);
    assert_ok(caps_map(l3, &s[OTHER], to, 0, 1, READ | VREGION_FLAGS_NOCACHE, 0));
    assert_ok(caps_mint(&s[OTHER + 1], &s[FRAME], CAPRIGHTS_WRITE, 0));
    assert_err(caps_map(l3, &s[OTHER + 1], &s[OTHER + 2], 1, 1, READ, 0), SYS_ERR_RIGHTS);
    assert_ok(caps_mint(&s[OTHER + 2], &s[FRAME], CAPRIGHTS_READ | CAPRIGHTS_EXECUTE, 0));
    assert_ok(caps_map(l3, &s[OTHER + 2], &s[OTHER + 3], 1, 1, VREGION_FLAGS_READ_EXECUTE, 0));
}

static void test_unmap_refuses(void **state)
{
    (void)state;
    assert_ok(caps_map(&s[L3], &s[FRAME], &s[MAPPING], 4, 2, READ, 0));
    assert_err(caps_unmap(&s[L2], &s[MAPPING]), SYS_ERR_NOT_A_MAPPING);
    assert_err(caps_unmap(&s[L3], &s[FRAME]), SYS_ERR_NOT_A_MAPPING);
    assert_err(caps_unmap(&s[L3], &s[OTHER]), SYS_ERR_CAP_NOT_FOUND);
    assert_int_equal(s[MAPPING].cap.type, ObjType_Frame_Mapping);
}

/// The tables in each other, so that entry 0 of the last one is at this address.
static lvaddr_t hang_tables(void)
{
    const size_t entries[] = {3, 5, 7};
    for (unsigned level = 0; level < 3; level++) {
        assert_ok(caps_map(&s[L0 + level], &s[L1 + level], &s[OTHER + level], entries[level], 1, 0, 0));
    }
    return (3UL << 39) + (5UL << 30) + (7UL << 21);
}

static void test_protect(void **state)
{
    (void)state;
    const uint64_t cached_not = VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_NOCACHE;
    const lvaddr_t address = hang_tables();
    assert_ok(caps_map(&s[L3], &s[FRAME], &s[MAPPING], 100, 4, cached_not, 0));
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 1, 2, READ));
    const uint64_t expected[] = {cached_not, READ | VREGION_FLAGS_NOCACHE, READ | VREGION_FLAGS_NOCACHE,
                                 cached_not};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(fake_read_pte(s[L3].cap.base, 100 + i),
                         fake_pte(3, s[FRAME].cap.base + i * 0x1000, true, false, expected[i]));
    }
    assert_int_equal(fake_kernel.forgotten, address + 101 * 0x1000);
    assert_int_equal(fake_kernel.forgotten_count, 2);
    assert_int_equal(fake_kernel.forgotten_span, 0x1000);
    assert_int_equal(fake_kernel.forgot_all, 0);
    /* Back, and to code. */
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 1, 1, VREGION_FLAGS_READ_WRITE));
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 3, 1, VREGION_FLAGS_READ_EXECUTE));
    assert_int_equal(fake_read_pte(s[L3].cap.base, 101),
                     fake_pte(3, s[FRAME].cap.base + 0x1000, true, false, cached_not));
    assert_int_equal(fake_read_pte(s[L3].cap.base, 103),
                     fake_pte(3, s[FRAME].cap.base + 0x3000, true, false,
                              VREGION_FLAGS_READ_EXECUTE | VREGION_FLAGS_NOCACHE));
    assert_ok(caps_unmap(&s[L3], &s[MAPPING]));
}

static void test_protect_blocks(void **state)
{
    (void)state;
    hang_tables();
    assert_ok(caps_map(&s[L2], &s[HUGE_FRAME], &s[MAPPING], 8, 4, VREGION_FLAGS_READ_WRITE, 0));
    assert_ok(caps_protect(&s[L2], &s[MAPPING], 3, 1, READ));
    assert_int_equal(fake_kernel.forgotten, (3UL << 39) + (5UL << 30) + (11UL << 21));
    assert_int_equal(fake_kernel.forgotten_span, 0x200000);
}

/// What is not known to be at one place only leaves the TLB with everything; what is nowhere is not there.
static void test_protect_elsewhere(void **state)
{
    (void)state;
    struct cte *copies = arena_take_slots(8);
    assert_ok(caps_map(&s[L3], &s[FRAME], &s[MAPPING], 0, 1, READ, 0));
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 0, 1, READ));
    assert_int_equal(fake_kernel.forgotten_count + fake_kernel.forgot_all, 0);
    hang_tables();
    /* The copy that is mapped need not be the one that is named. */
    assert_ok(caps_copy(&copies[0], &s[L3]));
    assert_ok(caps_protect(&copies[0], &s[MAPPING], 0, 1, READ));
    assert_int_equal(fake_kernel.forgotten_count, 1);
    assert_int_equal(fake_kernel.forgot_all, 0);
    /* A second place, at the last level and above. */
    assert_ok(caps_map(&s[L2], &copies[0], &copies[1], 9, 1, 0, 0));
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 0, 1, READ));
    assert_int_equal(fake_kernel.forgot_all, 1);
    assert_ok(caps_unmap(&s[L2], &copies[1]));
    assert_ok(caps_copy(&copies[1], &s[L1]));
    assert_ok(caps_map(&s[L0], &copies[1], &copies[2], 9, 1, 0, 0));
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 0, 1, READ));
    assert_int_equal(fake_kernel.forgot_all, 2);
    /* More copies than are looked at. */
    assert_ok(caps_unmap(&s[L0], &copies[2]));
    for (unsigned i = 2; i < 8; i++) {
        assert_ok(caps_copy(&copies[i], &s[L2]));
    }
    assert_ok(caps_protect(&s[L3], &s[MAPPING], 0, 1, READ));
    assert_int_equal(fake_kernel.forgot_all, 3);
}

static void test_protect_refuses(void **state)
{
    (void)state;
    struct cte *l3 = &s[L3], *mapping = &s[MAPPING];
    hang_tables();
    assert_ok(caps_mint(&s[OTHER + 3], &s[FRAME], CAPRIGHTS_READ | CAPRIGHTS_EXECUTE, 0));
    assert_ok(caps_map(l3, &s[OTHER + 3], mapping, 4, 2, READ, 0));
    assert_err(caps_protect(l3, &s[SLOTS - 1], 0, 1, READ), SYS_ERR_CAP_NOT_FOUND);
    assert_err(caps_protect(l3, &s[FRAME], 0, 1, READ), SYS_ERR_NOT_A_MAPPING);
    assert_err(caps_protect(&s[L2], mapping, 0, 1, READ), SYS_ERR_NOT_A_MAPPING);
    assert_err(caps_protect(&s[L2], &s[OTHER + 2], 0, 1, READ), SYS_ERR_NOT_A_MAPPING); // of a table
    assert_err(caps_protect(l3, mapping, 0, 0, READ), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_protect(l3, mapping, 2, 1, READ), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_protect(l3, mapping, 1, 2, READ), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_protect(l3, mapping, 1, SIZE_MAX, READ), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_protect(l3, mapping, SIZE_MAX, 1, READ), SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(caps_protect(l3, mapping, 0, 1, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_protect(l3, mapping, 0, 1, READ | 16), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_protect(l3, mapping, 0, 1, VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE),
               SYS_ERR_INVALID_ARGUMENT);
    /* The rights are those of the copy that is mapped, not of the best one. */
    assert_err(caps_protect(l3, mapping, 0, 1, VREGION_FLAGS_READ_WRITE), SYS_ERR_RIGHTS);
    assert_ok(caps_map(&s[L2], &s[DEVICE], &s[OTHER + 4], 0, 1, READ, 0));
    assert_err(caps_protect(&s[L2], &s[OTHER + 4], 0, 1, VREGION_FLAGS_READ_EXECUTE),
               SYS_ERR_INVALID_ARGUMENT);
    assert_int_equal(fake_read_pte(l3->cap.base, 4), fake_pte(3, s[FRAME].cap.base, true, false, READ));
    assert_int_equal(fake_kernel.forgotten_count + fake_kernel.forgot_all, 0);
    assert_ok(caps_protect(l3, mapping, 0, 2, VREGION_FLAGS_READ_EXECUTE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_devices, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_types_and_levels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_entry_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_in_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flags_and_rights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unmap_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_protect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_protect_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_protect_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_protect_refuses, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
