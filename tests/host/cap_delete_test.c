/**
 * Deleting: copies, last copies, what hangs on them, and what they hold, however much.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/mdb.h>
#include <cap/remains.h>
#include <dispatch/dcb.h>

enum {
    RAM,
    A,
    B,
    C,
    D,
    E,
    F,
    SLOTS = 16
};

static struct cte *s;

static int set_up(void **state)
{
    (void)state;
    s = fake_kernel_start(SLOTS);
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

/// Slots of a CNode.
static struct cte *inside(const struct cte *cnode)
{
    return phys_to_virt(cnode->cap.base);
}

/// Deletes to the end, with the database sound at every stop. Returns the number of calls.
static unsigned delete_all(struct cte *slot)
{
    errval_t err;
    unsigned calls = 0;
    do {
        err = caps_delete(slot);
        assert_sound();
        calls++;
    } while (err == SYS_ERR_RESTART);
    assert_ok(err);
    assert_empty(slot);
    assert_int_equal(remains_queue, 0);
    return calls;
}

static void test_empty_cnodes(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_L1CNode, 0x8000, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[B], ObjType_L2CNode, 0, 1, &s[RAM], 0x8000));
    assert_ok(caps_delete(&s[A]));
    assert_ok(caps_delete(&s[B]));
    assert_false(mdb_has_descendants(&s[RAM]));
}

static void test_full_l2_cnode(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_L2CNode, 0, 1, &s[RAM], 0));
    for (unsigned i = 0; i < L2_CNODE_SLOTS; i++) {
        assert_ok(caps_copy(&inside(&s[A])[i], &s[RAM]));
    }
    assert_ok(caps_copy(&s[B], &s[A]));
    assert_ok(caps_delete(&s[A]));
    assert_true(mdb_has_copies(&s[RAM]));
    assert_err(caps_delete(&s[B]), SYS_ERR_RESTART);
    /* What is left is good for nothing but deleting on. */
    assert_int_equal(s[B].cap.type, ObjType_Remains);
    assert_err(caps_copy(&s[A], &s[B]), SYS_ERR_CAP_NOT_COPYABLE);
    assert_err(caps_mint(&s[A], &s[B], 0, 0), SYS_ERR_CAP_NOT_COPYABLE);
    assert_err(caps_retype(&s[A], ObjType_L2CNode, 0, 1, &s[B], 0), SYS_ERR_INVALID_RETYPE);
    assert_err(caps_retype(&s[A], ObjType_Frame, 0x4000, 1, &s[RAM], 0), SYS_ERR_REVOKE_FIRST);
    assert_ok(caps_move(&s[C], &s[B]));
    assert_in_range(delete_all(&s[C]), 1, 3);
    assert_false(mdb_has_copies(&s[RAM]));
    assert_false(mdb_has_descendants(&s[RAM]));
}

static void test_largest_l1_cnode(void **state)
{
    (void)state;
    assert_ok(caps_delete(&s[RAM]));
    caps_create(&s[RAM], ObjType_RAM, arena_take(0x100000, 0x10000), 0x100000);
    assert_err(caps_retype(&s[A], ObjType_L1CNode, L1_CNODE_MAX_BYTES, 1, &s[RAM], 0), SYS_ERR_RESTART);
    while (caps_retype(&s[A], ObjType_L1CNode, L1_CNODE_MAX_BYTES, 1, &s[RAM], 0) == SYS_ERR_RESTART) {
    }
    assert_ok(caps_retype(&inside(&s[A])[4095], ObjType_L2CNode, 0, 1, &s[RAM], L1_CNODE_MAX_BYTES));
    assert_in_range(delete_all(&s[A]), 3, 6);
    assert_false(mdb_has_descendants(&s[RAM]));
}

/// Each CNode holds the next, in its first slot, its last, or one between; the innermost holds all sorts.
static void test_nested_cnodes(void **state)
{
    (void)state;
    static const unsigned places[] = {0, 255, 7, 0, 0, 1, 255, 128, 0};
    for (unsigned full = 0; full < 2; full++) {
        struct cte *at = &s[A];
        for (unsigned i = 0; i < ARRAY_LENGTH(places); i++) {
            assert_ok(caps_retype(at, ObjType_L2CNode, 0, 1, &s[RAM], i * 0x4000));
            for (unsigned slot = 0; full && slot < L2_CNODE_SLOTS; slot++) {
                if (slot != places[i]) {
                    assert_ok(caps_copy(&inside(at)[slot], &s[RAM]));
                }
            }
            at = &inside(at)[places[i]];
        }
        assert_ok(caps_retype(at, ObjType_Dispatcher, 0, 1, &s[RAM], 0x80000));
        struct dcb *dcb = dcb_from_phys(at->cap.base);
        assert_ok(caps_retype(&dcb->cspace, ObjType_L1CNode, 0x4000, 1, &s[RAM], 0x84000));
        assert_ok(caps_retype(&inside(&dcb->cspace)[3], ObjType_L2CNode, 0, 1, &s[RAM], 0x88000));
        assert_ok(caps_retype(&dcb->vspace, ObjType_VNode_AARCH64_l3, 0, 1, &s[RAM], 0x90000));
        assert_ok(caps_retype(&dcb->frame, ObjType_Frame, 0x1000, 1, &s[RAM], 0x91000));
        assert_ok(caps_map(&dcb->vspace, &dcb->frame, &inside(&inside(&dcb->cspace)[3])[9], 5, 1,
                           VREGION_FLAGS_READ, 0));
        assert_ok(caps_retype(&dcb->end_endpoint, ObjType_EndPoint, 0, 1, at, 0));
        delete_all(&s[A]);
        assert_int_equal(fake_kernel.destroyed_count, full + 1);
        assert_false(mdb_has_descendants(&s[RAM]));
        assert_false(mdb_has_copies(&s[RAM]));
        assert_int_equal(mdb_roots[REGION_PTE], 0);
    }
}

/// A caller that gives up leaves the rest to the next one who deletes a container.
static void test_abandoned(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_L2CNode, 0, 1, &s[RAM], 0));
    for (unsigned i = 0; i < 4; i++) {
        struct cte *cnode = &inside(&s[A])[i];
        assert_ok(caps_retype(cnode, ObjType_L2CNode, 0, 1, &s[RAM], 0x4000 * (i + 1)));
        for (unsigned slot = 0; slot < L2_CNODE_SLOTS; slot++) {
            assert_ok(caps_copy(&inside(cnode)[slot], &s[RAM]));
        }
    }
    assert_err(caps_delete(&s[A]), SYS_ERR_RESTART);
    assert_int_not_equal(remains_queue, 0);
    assert_sound();
    assert_ok(caps_retype(&s[B], ObjType_L2CNode, 0, 1, &s[RAM], 0x20000));
    assert_ok(caps_copy(&inside(&s[B])[1], &s[RAM]));
    delete_all(&s[B]);
    assert_int_equal(s[A].cap.type, ObjType_Remains);
    delete_all(&s[A]);
    assert_false(mdb_has_descendants(&s[RAM]));
}

/// While a copy is inside the object itself nothing of it goes; it goes with a revoke.
static void test_cspace_that_holds_its_root(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_L1CNode, 0x4000, 1, &s[RAM], 0));
    assert_ok(caps_retype(&inside(&s[A])[0], ObjType_L2CNode, 0, 1, &s[RAM], 0x4000));
    struct cte *task = inside(&inside(&s[A])[0]);
    assert_ok(caps_copy(&task[0], &s[A]));
    assert_ok(caps_revoke(&s[A]));
    assert_empty(&task[0]);
    assert_ok(caps_copy(&task[0], &s[A]));
    assert_ok(caps_copy(&task[1], &inside(&s[A])[0]));
    assert_ok(caps_delete(&s[A]));
    assert_int_equal(task[0].cap.type, ObjType_L1CNode);
    assert_true(mdb_has_descendants(&s[RAM]));
    assert_ok(caps_revoke(&s[RAM]));
    assert_int_equal(remains_queue, 0);
    assert_false(mdb_has_descendants(&s[RAM]));
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

/// The slots of a dispatcher are emptied with it; what others have copies of stays.
static void test_dispatcher_with_parts(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_Dispatcher, 0, 1, &s[RAM], 0));
    struct dcb *dcb = dcb_from_phys(s[A].cap.base);
    assert_ok(caps_retype(&dcb->cspace, ObjType_L1CNode, 0x4000, 1, &s[RAM], 0x4000));
    assert_ok(caps_retype(&dcb->vspace, ObjType_VNode_AARCH64_l0, 0, 1, &s[RAM], 0x8000));
    assert_ok(caps_retype(&s[B], ObjType_VNode_AARCH64_l1, 0, 1, &s[RAM], 0x9000));
    assert_ok(caps_retype(inside(&dcb->cspace), ObjType_L2CNode, 0, 1, &s[RAM], 0xc000));
    assert_ok(caps_map(&dcb->vspace, &s[B], &s[C], 0, 1, 0, 0));
    assert_ok(caps_copy(&s[D], &dcb->vspace));
    delete_all(&s[A]);
    assert_int_equal(fake_kernel.destroyed_count, 1);
    assert_int_equal(s[C].cap.type, ObjType_VNode_AARCH64_l1_Mapping);
    delete_all(&s[D]);
    assert_empty(&s[C]);
    assert_ok(caps_delete(&s[B]));
    assert_false(mdb_has_descendants(&s[RAM]));
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

static void test_vnode_with_mappings(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[A], ObjType_VNode_AARCH64_l3, 0, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[B], ObjType_VNode_AARCH64_l2, 0, 1, &s[RAM], 0x1000));
    assert_ok(caps_retype(&s[C], ObjType_Frame, 0x1000, 1, &s[RAM], 0x2000));
    struct cte *many = arena_take_slots(400);
    assert_ok(caps_map(&s[A], &s[C], &s[D], 511, 1, VREGION_FLAGS_READ, 0));
    for (unsigned i = 0; i < 200; i++) {
        assert_ok(caps_copy(&many[2 * i], &s[C]));
        assert_ok(caps_map(&s[A], &many[2 * i], &many[2 * i + 1], i, 1, VREGION_FLAGS_READ, 0));
    }
    assert_ok(caps_map(&s[B], &s[A], &s[E], 0, 1, 0, 0));
    assert_err(caps_delete(&s[A]), SYS_ERR_RESTART);
    assert_sound();
    /* Out of the table above at once; nothing can be mapped in it any more. */
    assert_empty(&s[E]);
    assert_int_equal(fake_read_pte(s[B].cap.base, 0), 0);
    assert_err(caps_map(&s[A], &s[C], &s[F], 300, 1, VREGION_FLAGS_READ, 0), SYS_ERR_VNODE_LEVEL);
    delete_all(&s[A]);
    assert_empty(&s[D]);
    assert_int_equal(mdb_roots[REGION_PTE], 0);
    assert_int_equal(s[C].cap.aux32, 0);
    assert_int_equal(many[0].cap.type, ObjType_Frame);
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
        cmocka_unit_test_setup_teardown(test_empty_cnodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_l2_cnode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_largest_l1_cnode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nested_cnodes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abandoned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cspace_that_holds_its_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dispatcher, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dispatcher_with_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mapped_copy_is_unmapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_vnode_with_mappings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_types_without_region, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
