/**
 * Deleting: copies, last copies, what hangs on them, and what may not go.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/mdb.h>
#include <dispatch/dcb.h>

enum {
    RAM,
    A,
    B,
    C,
    D,
    E,
    SLOTS = 16
};

static struct cte *s;

static int set_up(void **state)
{
    (void)state;
    arena_reset(ARENA_DEFAULT_BASE);
    fake_kernel_reset();
    s = arena_take_slots(SLOTS);
    caps_create(&s[RAM], ObjType_RAM, arena_take(0x100000, 0x10000), 0x100000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

static void assert_empty(const struct cte *slot)
{
    const struct cte none = {0};
    assert_memory_equal(slot, &none, sizeof none);
}

static void test_empty_slot(void **state)
{
    (void)state;
    assert_err(caps_delete(&s[A]), SYS_ERR_CAP_NOT_FOUND);
}

static void test_copies_one_by_one(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_Frame, 0x1000, 1, &s[RAM], 0));
    assert_ok(caps_copy(&s[B], &s[A]));
    assert_ok(caps_copy(&s[C], &s[A]));
    assert_ok(caps_copy(&s[D], &s[B]));
    assert_ok(caps_delete(&s[C]));
    assert_empty(&s[C]);
    assert_sound();
    assert_ok(caps_delete(&s[A]));
    assert_sound();
    assert_true(mdb_has_descendants(&s[RAM]));
    assert_ok(caps_delete(&s[D]));
    assert_sound();
    assert_ok(caps_delete(&s[B]));
    assert_false(mdb_has_descendants(&s[RAM]));
}

static void test_parent_goes_before_its_children(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_RAM, 0x8000, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[B], ObjType_Frame, 0x1000, 1, &s[A], 0x2000));
    assert_ok(caps_delete(&s[A]));
    assert_true(mdb_has_descendants(&s[RAM]));
    assert_ok(caps_delete(&s[RAM]));
    assert_sound();
    assert_ok(caps_delete(&s[B]));
    assert_int_equal(mdb_roots[REGION_MEMORY], 0);
}

static void test_l2_cnode_must_be_empty(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_L2CNode, 0, 1, &s[RAM], 0));
    struct cte *inside = (struct cte *)phys_to_virt(s[A].cap.base) + 255;
    assert_ok(caps_copy(inside, &s[RAM]));
    assert_ok(caps_copy(&s[B], &s[A]));
    assert_ok(caps_delete(&s[A]));
    assert_err(caps_delete(&s[B]), SYS_ERR_CNODE_NOT_EMPTY);
    assert_int_equal(s[B].cap.type, ObjType_L2CNode);
    assert_ok(caps_delete(inside));
    assert_ok(caps_delete(&s[B]));
    assert_empty(&s[B]);
}

static void test_l1_cnode_must_be_empty(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_L1CNode, 0x8000, 1, &s[RAM], 0));
    struct cte *inside = (struct cte *)phys_to_virt(s[A].cap.base) + 511;
    assert_ok(caps_retype(inside, ObjType_L2CNode, 0, 1, &s[RAM], 0x8000));
    assert_err(caps_delete(&s[A]), SYS_ERR_CNODE_NOT_EMPTY);
    assert_ok(caps_delete(inside));
    assert_ok(caps_delete(&s[A]));
}

static void test_dispatcher(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_Dispatcher, 0, 1, &s[RAM], 0x400));
    assert_ok(caps_retype(&s[B], ObjType_EndPoint, 0, 1, &s[A], 0));
    assert_ok(caps_copy(&s[C], &s[A]));
    assert_ok(caps_delete(&s[A]));
    assert_int_equal(fake_kernel.destroyed_count, 0);
    assert_ok(caps_delete(&s[C]));
    assert_int_equal(fake_kernel.destroyed_count, 1);
    assert_int_equal(fake_kernel.destroyed, s[RAM].cap.base + 0x400);
    assert_ok(caps_delete(&s[B]));
    assert_int_equal(fake_kernel.destroyed_count, 1);
}

/// A dispatcher whose last copies of CSpace and root page table cannot go stays, and so do they.
static void test_dispatcher_with_parts_in_use(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_Dispatcher, 0, 1, &s[RAM], 0));
    struct dcb *dcb = dcb_from_phys(s[A].cap.base);
    assert_ok(caps_retype(&dcb->cspace, ObjType_L1CNode, 0x4000, 1, &s[RAM], 0x4000));
    assert_ok(caps_retype(&dcb->vspace, ObjType_VNode_AARCH64_l0, 0, 1, &s[RAM], 0x8000));
    assert_ok(caps_retype(&s[B], ObjType_VNode_AARCH64_l1, 0, 1, &s[RAM], 0x9000));
    struct cte *inside = phys_to_virt(dcb->cspace.cap.base);
    assert_ok(caps_retype(inside, ObjType_L2CNode, 0, 1, &s[RAM], 0xc000));
    assert_err(caps_delete(&s[A]), SYS_ERR_CNODE_NOT_EMPTY);
    assert_ok(caps_delete(inside));
    assert_ok(caps_map(&dcb->vspace, &s[B], &s[C], 0, 1, 0, 0));
    assert_err(caps_delete(&s[A]), SYS_ERR_VNODE_NOT_EMPTY);
    assert_int_equal(fake_kernel.destroyed_count, 0);
    /* With another copy elsewhere it may go. */
    assert_ok(caps_copy(&s[D], &dcb->vspace));
    assert_ok(caps_delete(&s[A]));
    assert_int_equal(fake_kernel.destroyed_count, 1);
}

static void test_mapped_copy_is_unmapped(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_VNode_AARCH64_l3, 0, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[B], ObjType_Frame, 0x2000, 1, &s[RAM], 0x2000));
    assert_ok(caps_copy(&s[C], &s[B]));
    assert_ok(caps_map(&s[A], &s[B], &s[D], 10, 2, VREGION_FLAGS_READ, 0));
    assert_ok(caps_map(&s[A], &s[C], &s[E], 20, 1, VREGION_FLAGS_READ, 0x1000));
    assert_sound();
    assert_ok(caps_delete(&s[B]));
    assert_empty(&s[B]);
    assert_empty(&s[D]);
    assert_int_equal(fake_read_pte(s[A].cap.base, 10), 0);
    assert_int_equal(fake_read_pte(s[A].cap.base, 11), 0);
    assert_int_not_equal(fake_read_pte(s[A].cap.base, 20), 0);
    assert_sound();
    /* The other way round: the mapping goes, the copy stays and can be mapped again. */
    assert_ok(caps_delete(&s[E]));
    assert_int_equal(fake_read_pte(s[A].cap.base, 20), 0);
    assert_int_equal(s[C].cap.aux32, 0);
    assert_ok(caps_map(&s[A], &s[C], &s[E], 20, 1, VREGION_FLAGS_READ, 0));
    assert_ok(caps_delete(&s[C]));
    assert_empty(&s[E]);
    assert_int_equal(mdb_roots[REGION_PTE], 0);
}

static void test_vnode_must_be_empty(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_VNode_AARCH64_l3, 0, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[B], ObjType_VNode_AARCH64_l2, 0, 1, &s[RAM], 0x1000));
    assert_ok(caps_retype(&s[C], ObjType_Frame, 0x1000, 1, &s[RAM], 0x2000));
    assert_ok(caps_map(&s[A], &s[C], &s[D], 511, 1, VREGION_FLAGS_READ, 0));
    assert_ok(caps_map(&s[B], &s[A], &s[E], 0, 1, 0, 0));
    assert_err(caps_delete(&s[A]), SYS_ERR_VNODE_NOT_EMPTY);
    assert_err(caps_delete(&s[B]), SYS_ERR_VNODE_NOT_EMPTY);
    assert_int_not_equal(fake_read_pte(s[B].cap.base, 0), 0);
    assert_ok(caps_delete(&s[D]));
    /* Empty, but mapped itself: its entry in the table above goes with it. */
    assert_ok(caps_delete(&s[A]));
    assert_empty(&s[E]);
    assert_int_equal(fake_read_pte(s[B].cap.base, 0), 0);
    assert_ok(caps_delete(&s[B]));
}

static void test_types_without_region(void **state)
{
    (void)state;
    caps_create(&s[A], ObjType_PerfMon, 0, 0);
    assert_ok(caps_copy(&s[B], &s[A]));
    assert_ok(caps_copy(&s[C], &s[B]));
    assert_ok(caps_delete(&s[A]));
    assert_true(mdb_has_copies(&s[B]));
    assert_ok(caps_delete(&s[C]));
    assert_false(mdb_has_copies(&s[B]));
    assert_ok(caps_delete(&s[B]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty_slot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copies_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parent_goes_before_its_children, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_l2_cnode_must_be_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_l1_cnode_must_be_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dispatcher, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dispatcher_with_parts_in_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mapped_copy_is_unmapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vnode_must_be_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_types_without_region, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
