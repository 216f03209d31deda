/**
 * A dispatcher changes to a larger L1CNode: what is checked, and who names what afterwards.
 *
 * Sources: kernel/cap kernel/dispatch/cspace.c
 * Sources: tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/bootinfo.h>
#include <cap/cspace.h>
#include <cap/mdb.h>
#include <dispatch/dispatch.h>

#define TASK(slot) (ROOTCN_TASK << 8 | (slot))
#define ROOT       TASK(TASKCN_SLOT_ROOTCN)
#define SPARE      TASK(40)
#define BYTES      0x4000UL

static struct cte *task, *from, *to;
static struct dcb *dcb;
static struct capability old_root;

/// A dispatcher on a CSpace that holds its own root, and a larger L1CNode with the same L2 CNode.
static int set_up(void **state)
{
    (void)state;
    struct cte *first = fake_kernel_start(2);
    caps_create(&first[0], ObjType_L1CNode, arena_take(BYTES, BYTES), BYTES);
    struct cte *l1 = cnode_slots(&first[0].cap);
    caps_create(&l1[ROOTCN_TASK], ObjType_L2CNode, arena_take(BYTES, BYTES), BYTES);
    task = cnode_slots(&l1[ROOTCN_TASK].cap);
    from = &task[TASKCN_SLOT_ROOTCN];
    to = &task[40];
    assert_ok(caps_move(from, &first[0]));
    old_root = from->cap;
    caps_create(to, ObjType_L1CNode, arena_take(2 * BYTES, BYTES), 2 * BYTES);
    assert_ok(caps_copy(cnode_slots(&to->cap) + ROOTCN_TASK, &l1[ROOTCN_TASK]));

    caps_create(&task[TASKCN_SLOT_DISPATCHER], ObjType_Dispatcher, arena_take(1024, 1024), 1024);
    dcb = dcb_from_phys(task[TASKCN_SLOT_DISPATCHER].cap.base);
    assert_ok(caps_copy(&dcb->cspace, from));
    dcb->cspace.mdb.holder = SLOT_OF_DISPATCHER;
    dcb->l1_cnode = l1;
    dcb->l1_slots = 256;
    dcb->state = DISPATCHER_STATE_RUNS;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

static void assert_unchanged(void)
{
    assert_int_equal(from->cap.base, old_root.base);
    assert_int_equal(dcb->cspace.cap.base, old_root.base);
    assert_int_equal(dcb->cspace.mdb.holder, SLOT_OF_DISPATCHER);
    assert_int_equal(dcb->l1_slots, 256);
}

static void test_change(void **state)
{
    (void)state;
    const lpaddr_t new_root = to->cap.base;
    assert_ok(dispatcher_change_cspace(dcb, from, to, ROOT));
    assert_int_equal(from->cap.base, new_root);
    assert_int_equal(to->cap.base, old_root.base);
    assert_int_equal(dcb->cspace.cap.base, new_root);
    assert_int_equal(dcb->cspace.mdb.holder, SLOT_OF_DISPATCHER);
    assert_int_equal(to->mdb.holder, SLOT_OF_CNODE);
    assert_ptr_equal(dcb->l1_cnode, phys_to_virt(new_root));
    assert_int_equal(dcb->l1_slots, 512);
    assert_true(mdb_has_copies(from));
    assert_false(mdb_has_copies(to));
    assert_sound();
    /* The old one goes without ending anybody, and takes nothing along that the new one has. */
    struct cte *found;
    while (caps_delete(to) == SYS_ERR_RESTART) {
    }
    assert_int_equal(to->cap.type, ObjType_Null);
    assert_ok(cspace_find_slot(&dcb->cspace.cap, ROOT, 2, &found));
    assert_ptr_equal(found, from);
    assert_int_equal(fake_kernel.lost_parts, 0);
    /* The new one is what it runs on now: with it the dispatcher ends. */
    assert_ok(caps_revoke(from));
    assert_int_equal(fake_kernel.lost_parts, 1);
}

/// Others that name the old one keep it.
static void test_other_holders(void **state)
{
    (void)state;
    assert_ok(caps_copy(&task[41], from));
    assert_ok(caps_copy(&task[42], to));
    assert_ok(dispatcher_change_cspace(dcb, from, to, ROOT));
    assert_int_equal(task[41].cap.base, old_root.base);
    assert_int_equal(task[42].cap.base, from->cap.base);
    assert_sound();
    while (caps_revoke(&task[41]) == SYS_ERR_RESTART) {
    }
    assert_int_equal(to->cap.type, ObjType_Null);
    assert_int_equal(fake_kernel.lost_parts, 0);
    assert_int_equal(dcb->cspace.cap.type, ObjType_L1CNode);
}

/// To another copy of the same: nothing is lost.
static void test_same_object(void **state)
{
    (void)state;
    assert_ok(caps_copy(&task[41], from));
    assert_ok(dispatcher_change_cspace(dcb, from, &task[41], ROOT));
    assert_unchanged();
    assert_int_equal(task[41].cap.base, old_root.base);
}

static void test_refusals(void **state)
{
    (void)state;
    struct cte *small = &task[41], *empty = &task[42], *other = &task[43];
    caps_create(small, ObjType_L1CNode, arena_take(BYTES, BYTES), BYTES / 2);
    caps_create(empty, ObjType_L1CNode, arena_take(BYTES, BYTES), BYTES);
    caps_create(other, ObjType_L1CNode, arena_take(BYTES, BYTES), BYTES);
    struct cte *l1 = cnode_slots(&other->cap);
    caps_create(&l1[ROOTCN_TASK], ObjType_L2CNode, arena_take(BYTES, BYTES), BYTES);
    assert_err(dispatcher_change_cspace(dcb, from, from, ROOT), SYS_ERR_INVALID_ARGUMENT);
    assert_err(dispatcher_change_cspace(dcb, to, from, SPARE), SYS_ERR_INVALID_ARGUMENT);
    assert_err(dispatcher_change_cspace(dcb, from, small, ROOT), SYS_ERR_INVALID_OBJECT_SIZE);
    assert_err(dispatcher_change_cspace(dcb, from, empty, ROOT), SYS_ERR_CAP_NOT_FOUND);
    assert_err(dispatcher_change_cspace(dcb, from, other, ROOT), SYS_ERR_INVALID_ARGUMENT);
    assert_err(dispatcher_change_cspace(dcb, from, to, SPARE), SYS_ERR_INVALID_ARGUMENT);
    assert_err(dispatcher_change_cspace(dcb, from, to, 1U << 31), SYS_ERR_CNODE_SLOT_RANGE);
    dcb->state = DISPATCHER_STATE_EMPTY;
    assert_err(dispatcher_change_cspace(dcb, from, to, ROOT), SYS_ERR_DISPATCHER_INCOMPLETE);
    dcb->state = DISPATCHER_STATE_ENDED;
    assert_err(dispatcher_change_cspace(dcb, from, to, ROOT), SYS_ERR_DISPATCHER_DEAD);
    assert_unchanged();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_holders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
