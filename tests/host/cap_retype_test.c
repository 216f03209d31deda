/**
 * Retype: types, sizes, ranges, overlap, and clearing in bounded pieces.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/mdb.h>
#include <string.h>

#define RAM_BYTES 0x400000UL
#define KIB       1024UL

enum {
    RAM,
    RAM_COPY,
    IRQ,
    OUT,
    SLOTS = OUT + 300
};

static struct cte *s;

static int set_up(void **state)
{
    (void)state;
    s = fake_kernel_start(SLOTS);
    caps_create(&s[RAM], ObjType_RAM, arena_take(RAM_BYTES, 0x10000), RAM_BYTES);
    assert_ok(caps_copy(&s[RAM_COPY], &s[RAM]));
    caps_create(&s[IRQ], ObjType_IRQ, 32, 100);
    memset(phys_to_virt(s[RAM].cap.base), 0xa5, RAM_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

static bool is_clear(lpaddr_t base, gensize_t bytes)
{
    const unsigned char *memory = phys_to_virt(base);
    for (gensize_t i = 0; i < bytes; i++) {
        if (memory[i] != 0) {
            return false;
        }
    }
    return true;
}

static void test_objects_lie_side_by_side(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x2000, 3, &s[RAM], 0x1000));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s[OUT + i].cap.type, ObjType_Frame);
        assert_int_equal(s[OUT + i].cap.base, s[RAM].cap.base + 0x1000 + i * 0x2000);
        assert_int_equal(s[OUT + i].cap.bytes, 0x2000);
        assert_int_equal(s[OUT + i].cap.rights, CAPRIGHTS_ALL);
        assert_false(mdb_has_copies(&s[OUT + i]));
    }
    assert_true(is_clear(s[OUT].cap.base, 0x6000));
    assert_false(is_clear(s[RAM].cap.base, 1));
    assert_false(is_clear(s[OUT].cap.base + 0x6000, 1));
    assert_int_equal(fake_kernel.zeroed_bytes, 0x6000);
    assert_true(mdb_has_descendants(&s[RAM]));
    assert_true(mdb_has_descendants(&s[RAM_COPY]));
}

static void test_fixed_sizes(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[OUT], ObjType_L2CNode, 0, 2, &s[RAM], 0));
    assert_int_equal(s[OUT + 1].cap.bytes, 16384);
    assert_ok(caps_retype(&s[OUT + 2], ObjType_Dispatcher, OBJSIZE_Dispatcher, 4, &s[RAM], 0x8000 + KIB));
    assert_int_equal(s[OUT + 5].cap.base, s[RAM].cap.base + 0x8000 + 4 * KIB);
    assert_ok(caps_retype(&s[OUT + 6], ObjType_VNode_AARCH64_l0, 4096, 1, &s[RAM], 0x10000));
    assert_err(caps_retype(&s[OUT + 7], ObjType_L2CNode, 4096, 1, &s[RAM], 0x20000),
               SYS_ERR_INVALID_OBJECT_SIZE);
    assert_err(caps_retype(&s[OUT + 7], ObjType_Frame, 0, 1, &s[RAM], 0x20000), SYS_ERR_INVALID_OBJECT_SIZE);
    assert_err(caps_retype(&s[OUT + 7], ObjType_Frame, 4097, 1, &s[RAM], 0x20000),
               SYS_ERR_INVALID_OBJECT_SIZE);
    assert_err(caps_retype(&s[OUT + 7], ObjType_L1CNode, 4096, 1, &s[RAM], 0x20000),
               SYS_ERR_INVALID_OBJECT_SIZE);
    assert_err(caps_retype(&s[OUT + 7], ObjType_L1CNode, 2 * L1_CNODE_MAX_BYTES, 1, &s[RAM], 0x40000),
               SYS_ERR_INVALID_OBJECT_SIZE);
}

/// Every pair of types: allowed is what the declaration says, and nothing else.
static void test_types(void **state)
{
    (void)state;
    for (unsigned from = 1; from < ObjType_Num; from++) {
        if (captable[from].region == REGION_PTE || from == ObjType_Remains) {
            continue;
        }
        for (unsigned to = 0; to <= ObjType_Num; to++) {
            arena_reset(ARENA_DEFAULT_BASE);
            s = arena_take_slots(SLOTS);
            const gensize_t bytes = captable[from].bytes != 0 ? captable[from].bytes : 0x10000;
            caps_create(&s[0], from, arena_take(bytes, 0x10000), bytes);
            const errval_t err =
                caps_retype(&s[1], to, to < ObjType_Num && captable[to].bytes ? 0 : 0x4000, 1, &s[0], 0);
            const bool legal = to < ObjType_Num && objtype_is_in(from, captable[to].from);
            assert_err(err, legal ? SYS_ERR_OK : SYS_ERR_INVALID_RETYPE);
            assert_sound();
        }
    }
    s = arena_take_slots(SLOTS);
    assert_err(caps_retype(&s[1], ObjType_Frame, 4096, 1, &s[0], 0), SYS_ERR_CAP_NOT_FOUND);
}

static void test_ranges(void **state)
{
    (void)state;
    struct cte *to = &s[OUT];
    assert_err(caps_retype(to, ObjType_RAM, 4096, 0, &s[RAM], 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_retype(to, ObjType_RAM, 4096, RETYPE_MAX_COUNT + 1, &s[RAM], 0),
               SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_retype(to, ObjType_RAM, 4096, SIZE_MAX, &s[RAM], 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_retype(to, ObjType_RAM, RAM_BYTES + 4096, 1, &s[RAM], 0), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 4096, 2, &s[RAM], RAM_BYTES - 4096), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 4096, 1, &s[RAM], RAM_BYTES), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 4096, 1, &s[RAM], RAM_BYTES + 4096), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 4096, 1, &s[RAM], UINT64_MAX), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 4096, 1, &s[RAM], ~0xfffUL), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 1UL << 63, 2, &s[RAM], 0), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 1UL << 60, 16, &s[RAM], 0), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(to, ObjType_RAM, 4096, 1, &s[RAM], 8), SYS_ERR_RETYPE_ALIGNMENT);
    assert_err(caps_retype(to, ObjType_L2CNode, 0, 1, &s[RAM], 0x1000), SYS_ERR_RETYPE_ALIGNMENT);
    assert_err(caps_retype(to, ObjType_Dispatcher, 0, 1, &s[RAM], 0x200), SYS_ERR_RETYPE_ALIGNMENT);
    assert_ok(caps_retype(to, ObjType_RAM, 4096, 1, &s[RAM], RAM_BYTES - 4096));
    assert_int_equal(fake_kernel.zeroed_bytes, 0);
}

static void test_destination_in_use(void **state)
{
    (void)state;
    caps_create(&s[OUT + 4], ObjType_Kernel, 0, 0);
    assert_err(caps_retype(&s[OUT], ObjType_RAM, 4096, 5, &s[RAM], 0), SYS_ERR_SLOT_IN_USE);
    assert_int_equal(s[OUT].cap.type, ObjType_Null);
    assert_err(caps_retype(&s[RAM], ObjType_RAM, 4096, 1, &s[RAM], 0), SYS_ERR_SLOT_IN_USE);
    assert_ok(caps_retype(&s[OUT], ObjType_RAM, 4096, 4, &s[RAM], 0));
}

static void test_overlap(void **state)
{
    (void)state;
    struct cte *to = &s[OUT + 10];
    assert_ok(caps_retype(&s[OUT], ObjType_RAM, 0x4000, 1, &s[RAM], 0x4000));
    assert_ok(caps_retype(&s[OUT + 1], ObjType_Frame, 0x1000, 1, &s[OUT], 0x1000));
    /* Through either copy, from every side, and for what lies two generations down. */
    assert_err(caps_retype(to, ObjType_RAM, 0x4000, 1, &s[RAM], 0x4000), SYS_ERR_REVOKE_FIRST);
    assert_err(caps_retype(to, ObjType_RAM, 0x1000, 1, &s[RAM_COPY], 0x7000), SYS_ERR_REVOKE_FIRST);
    assert_err(caps_retype(to, ObjType_RAM, 0x2000, 1, &s[RAM], 0x3000), SYS_ERR_REVOKE_FIRST);
    assert_err(caps_retype(to, ObjType_RAM, RAM_BYTES, 1, &s[RAM], 0), SYS_ERR_REVOKE_FIRST);
    assert_err(caps_retype(to, ObjType_RAM, 0x1000, 16, &s[RAM], 0), SYS_ERR_REVOKE_FIRST);
    assert_ok(caps_delete(&s[OUT]));
    assert_err(caps_retype(to, ObjType_Frame, 0x2000, 1, &s[RAM], 0x4000), SYS_ERR_REVOKE_FIRST);
    assert_ok(caps_retype(to, ObjType_Frame, 0x1000, 1, &s[RAM], 0x4000));
    assert_ok(caps_retype(to + 1, ObjType_Frame, 0x1000, 2, &s[RAM], 0x6000));
    assert_ok(caps_delete(&s[OUT + 1]));
    assert_ok(caps_retype(to + 3, ObjType_Frame, 0x1000, 1, &s[RAM_COPY], 0x5000));
}

static void test_whole_region_of_own_type_is_a_copy(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[OUT], ObjType_RAM, RAM_BYTES, 1, &s[RAM_COPY], 0));
    assert_true(mdb_has_copies(&s[OUT]));
    assert_int_equal(s[OUT].cap.bytes, RAM_BYTES);
    assert_false(mdb_has_descendants(&s[RAM]));
}

static void test_frame_keeps_content_and_rights(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x4000, 1, &s[RAM], 0));
    memset(phys_to_virt(s[OUT].cap.base), 0x77, 0x4000);
    assert_ok(caps_mint(&s[OUT + 1], &s[OUT], CAPRIGHTS_READ, 0));
    assert_ok(caps_retype(&s[OUT + 2], ObjType_Frame, 0x1000, 2, &s[OUT + 1], 0x1000));
    assert_int_equal(s[OUT + 2].cap.rights, CAPRIGHTS_READ | CAPRIGHTS_CONTROL);
    /* All of it again is a copy, which gives no right that its source has not. */
    assert_ok(caps_mint(&s[OUT + 4], &s[OUT + 2], CAPRIGHTS_READ, 0));
    assert_ok(caps_retype(&s[OUT + 5], ObjType_Frame, 0x1000, 1, &s[OUT + 4], 0));
    assert_int_equal(s[OUT + 5].cap.rights, CAPRIGHTS_READ);
    assert_int_equal(*(unsigned char *)phys_to_virt(s[OUT + 2].cap.base), 0x77);
}

static void test_endpoints(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[OUT], ObjType_Dispatcher, 0, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[OUT + 1], ObjType_EndPoint, 0, 3, &s[OUT], 0));
    assert_ok(caps_retype(&s[OUT + 4], ObjType_EndPoint, 0, 1, &s[OUT], 0));
    for (size_t i = 1; i <= 4; i++) {
        assert_int_equal(s[OUT + i].cap.base, s[OUT].cap.base);
        assert_int_equal(s[OUT + i].cap.bytes, OBJSIZE_Dispatcher);
        assert_int_equal(s[OUT + i].cap.aux32, 0);
        assert_true(mdb_has_copies(&s[OUT + i]));
    }
    assert_err(caps_retype(&s[OUT + 5], ObjType_EndPoint, 0, 1, &s[OUT], 1024), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(&s[OUT + 5], ObjType_EndPoint, 512, 1, &s[OUT], 0), SYS_ERR_INVALID_OBJECT_SIZE);
    assert_err(caps_retype(&s[OUT + 5], ObjType_EndPoint, 0, 1, &s[RAM], 0), SYS_ERR_INVALID_RETYPE);
    /* The dispatcher goes, an endpoint holds its memory. */
    assert_ok(caps_delete(&s[OUT]));
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x1000, 1, &s[RAM], 0), SYS_ERR_REVOKE_FIRST);
    for (size_t i = 1; i <= 4; i++) {
        assert_ok(caps_delete(&s[OUT + i]));
    }
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x1000, 1, &s[RAM], 0));
}

static void test_interrupts(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[OUT], ObjType_IRQ, 1, 3, &s[IRQ], 10));
    assert_int_equal(s[OUT + 2].cap.base, 44);
    assert_int_equal(s[OUT + 2].cap.bytes, 1);
    assert_err(caps_retype(&s[OUT + 3], ObjType_IRQ, 5, 1, &s[IRQ], 8), SYS_ERR_REVOKE_FIRST);
    assert_err(caps_retype(&s[OUT + 3], ObjType_IRQ, 10, 1, &s[IRQ], 91), SYS_ERR_RETYPE_RANGE);
    assert_ok(caps_retype(&s[OUT + 3], ObjType_IRQ, 10, 1, &s[IRQ], 90));
    assert_int_equal(fake_kernel.zeroed_bytes, 0);
}

static void test_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < 256; i += RETYPE_MAX_COUNT) {
        assert_ok(caps_retype(&s[OUT + i], ObjType_RAM, 4096, RETYPE_MAX_COUNT, &s[RAM], 0x10000 + i * 4096));
    }
    assert_sound();
    for (size_t i = 0; i < 256; i++) {
        assert_ok(caps_delete(&s[OUT + (i * 37) % 256]));
    }
    assert_false(mdb_has_descendants(&s[RAM]));
}

static void test_clearing_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 15; i++) {
        assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x100000, 1, &s[RAM], 0x1000), SYS_ERR_RESTART);
        assert_int_equal(fake_kernel.zeroed_bytes, (i + 1) * 64 * KIB);
        assert_int_equal(s[OUT].cap.type, ObjType_Null);
    }
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x100000, 1, &s[RAM], 0x1000));
    assert_int_equal(fake_kernel.zeroed_bytes, 0x100000);
    assert_int_equal(fake_kernel.longest_zero, 64 * KIB);
    assert_true(is_clear(s[OUT].cap.base, 0x100000));
    assert_int_equal(s[RAM].cap.aux64, 0);
}

static void test_progress_is_of_the_region(void **state)
{
    (void)state;
    /* Any copy goes on where another stopped, also when the one in the tree has gone in between. */
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x30000, 1, &s[RAM], 0), SYS_ERR_RESTART);
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x30000, 1, &s[RAM_COPY], 0), SYS_ERR_RESTART);
    assert_ok(caps_delete(&s[RAM]));
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x30000, 1, &s[RAM_COPY], 0));
    assert_int_equal(fake_kernel.zeroed_bytes, 0x30000);
    assert_true(is_clear(s[OUT].cap.base, 0x30000));
}

static void test_progress_of_another_start_does_not_count(void **state)
{
    (void)state;
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0), SYS_ERR_RESTART);
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0x8000), SYS_ERR_RESTART);
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0x8000));
    assert_true(is_clear(s[OUT].cap.base, 0x20000));
}

static void test_progress_is_lost_when_a_child_is_made(void **state)
{
    (void)state;
    struct cte *child = &s[OUT + 1];
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0), SYS_ERR_RESTART);
    /* A page of the part that is already clear becomes a frame, is written, and goes again. */
    assert_ok(caps_retype(child, ObjType_Frame, 0x1000, 1, &s[RAM_COPY], 0));
    memset(phys_to_virt(child->cap.base), 0xee, 0x1000);
    assert_ok(caps_delete(child));
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0), SYS_ERR_RESTART);
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0));
    assert_true(is_clear(s[OUT].cap.base, 0x20000));
}

static void test_shorter_object_after_progress(void **state)
{
    (void)state;
    assert_err(caps_retype(&s[OUT], ObjType_Frame, 0x20000, 1, &s[RAM], 0), SYS_ERR_RESTART);
    assert_ok(caps_retype(&s[OUT], ObjType_Frame, 0x8000, 1, &s[RAM], 0));
    assert_int_equal(fake_kernel.zeroed_bytes, 64 * KIB);
    assert_true(is_clear(s[OUT].cap.base, 0x8000));
    assert_int_equal(s[RAM].cap.aux64, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_objects_lie_side_by_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fixed_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_types, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_destination_in_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_region_of_own_type_is_a_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_frame_keeps_content_and_rights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endpoints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interrupts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clearing_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress_is_of_the_region, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress_of_another_start_does_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_progress_is_lost_when_a_child_is_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shorter_object_after_progress, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
