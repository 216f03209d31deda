/**
 * Commands on CNodes and page tables, from the argument registers on.
 *
 * Sources: kernel/cap kernel/syscall/cnode.c kernel/syscall/vnode.c
 * Sources: tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/bootinfo.h>
#include <abi/dispatcher.h>
#include <cap/mdb.h>
#include <syscall/syscall.h>

#define TASK(slot) (ROOTCN_TASK << 8 | (slot))
#define ROOT       TASK(TASKCN_SLOT_ROOTCN)
#define CHILD_ROOT TASK(17)
#define RAM        TASK(18)
#define FREE       TASK(32)
#define LEVEL_2    SLOT_LEVELS(2, 2, 0)

static struct cte *root, *child_root;
static struct cte *task;
static struct invocation call;

/// A CSpace with one L2 CNode; returns its slots.
static struct cte *make_cspace(struct cte *l1)
{
    caps_create(l1, ObjType_L1CNode, arena_take(16384, 16384), 16384);
    const lpaddr_t cnode = arena_take(16384, 16384);
    caps_create(phys_to_virt(l1->cap.base), ObjType_L2CNode, cnode, 16384);
    return phys_to_virt(cnode);
}

static int set_up(void **state)
{
    (void)state;
    arena_reset(ARENA_DEFAULT_BASE);
    fake_kernel_reset();
    root = arena_take_slots(1);
    child_root = arena_take_slots(1);
    task = make_cspace(root);
    make_cspace(child_root);
    assert_ok(caps_copy(&task[TASKCN_SLOT_ROOTCN], root));
    assert_ok(caps_copy(&task[17], child_root));
    caps_create(&task[18], ObjType_RAM, arena_take(0x100000, 0x10000), 0x100000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

/// Where the results of the last call are.
static uint64_t results[3];

static errval_t cnode(unsigned command, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5, uint64_t x6,
                      uint64_t x7)
{
    call = (struct invocation){
        .l1_slots = cnode_slots(&root->cap),
        .l1_count = cnode_slot_count(&root->cap),
        .target = &task[TASKCN_SLOT_ROOTCN],
        .command = command,
        .arguments = (const uint64_t[]){x2, x3, x4, x5, x6, x7},
        .results = results,
    };
    return invoke_cnode(&call);
}

static errval_t vnode(struct cte *target, unsigned command, uint64_t x2, uint64_t x3, uint64_t x4,
                      uint64_t x5)
{
    call = (struct invocation){
        .l1_slots = cnode_slots(&root->cap),
        .l1_count = cnode_slot_count(&root->cap),
        .target = target,
        .command = command,
        .arguments = (const uint64_t[]){x2, x3, x4, x5},
        .results = results,
    };
    return invoke_vnode(&call);
}

static void test_copy(void **state)
{
    (void)state;
    assert_ok(cnode(CNODE_COPY, SLOT_REF(ROOT, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0));
    assert_int_equal(task[32].cap.type, ObjType_RAM);
    assert_true(mdb_has_copies(&task[18]));
    /* Into another CSpace and back. */
    assert_ok(cnode(CNODE_COPY, SLOT_REF(CHILD_ROOT, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0));
    assert_ok(cnode(CNODE_COPY, SLOT_REF(ROOT, FREE + 1), SLOT_REF(CHILD_ROOT, FREE), LEVEL_2, 0, 0, 0));
    assert_int_equal(task[33].cap.base, task[18].cap.base);
}

static void test_move(void **state)
{
    (void)state;
    const uint64_t there = SLOT_REF(CHILD_ROOT, FREE), back = SLOT_REF(ROOT, FREE + 1);
    const lpaddr_t base = task[18].cap.base;
    /* Into another CSpace and back: there is only ever one. */
    assert_ok(cnode(CNODE_MOVE, there, SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0));
    assert_int_equal(task[18].cap.type, ObjType_Null);
    assert_err(cnode(CNODE_MOVE, back, SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_ok(cnode(CNODE_MOVE, back, there, LEVEL_2, 0, 0, 0));
    assert_int_equal(task[33].cap.base, base);
    assert_false(mdb_has_copies(&task[33]));
    /* Not onto another one, nor onto itself. */
    assert_err(cnode(CNODE_MOVE, SLOT_REF(ROOT, ROOT), back, LEVEL_2, 0, 0, 0), SYS_ERR_SLOT_IN_USE);
    assert_err(cnode(CNODE_MOVE, back, back, LEVEL_2, 0, 0, 0), SYS_ERR_SLOT_IN_USE);
    assert_int_equal(task[33].cap.base, base);
}

/// What cannot be copied can be moved, and goes on being what its mapping names.
static void test_move_what_is_mapped(void **state)
{
    (void)state;
    const uint64_t slots = (uint64_t)(FREE + 1) | (uint64_t)(FREE + 2) << 32;
    assert_ok(caps_retype(&task[32], ObjType_VNode_AARCH64_l3, 0, 1, &task[18], 0));
    assert_ok(caps_retype(&task[33], ObjType_Frame, 0x1000, 1, &task[18], 0x4000));
    assert_ok(vnode(&task[32], VNODE_MAP, slots, 7 | 1UL << 32, VREGION_FLAGS_READ, 0));
    assert_ok(cnode(CNODE_MOVE, SLOT_REF(CHILD_ROOT, FREE), SLOT_REF(ROOT, FREE + 1), LEVEL_2, 0, 0, 0));
    assert_ok(cnode(CNODE_MOVE, SLOT_REF(ROOT, FREE + 3), SLOT_REF(ROOT, FREE + 2), LEVEL_2, 0, 0, 0));
    assert_ok(cnode(CNODE_MOVE, SLOT_REF(ROOT, FREE + 4), SLOT_REF(ROOT, FREE), LEVEL_2, 0, 0, 0));
    assert_int_equal(task[35].cap.type, ObjType_Frame_Mapping);
    assert_sound();
    assert_ok(vnode(&task[36], VNODE_UNMAP, FREE + 3, 0, 0, 0));
}

static void test_bad_references(void **state)
{
    (void)state;
    const uint64_t good = SLOT_REF(ROOT, FREE);
    assert_err(cnode(CNODE_COPY, SLOT_REF(0, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0),
               SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_COPY, SLOT_REF(RAM, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0),
               SYS_ERR_CNODE_TYPE);
    assert_err(cnode(CNODE_COPY, good, SLOT_REF(RAM, RAM), LEVEL_2, 0, 0, 0), SYS_ERR_CNODE_TYPE);
    assert_err(cnode(CNODE_COPY, good, SLOT_REF(0, RAM), LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_COPY, good, SLOT_REF(1U << 31, RAM), LEVEL_2, 0, 0, 0), SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(cnode(CNODE_COPY, SLOT_REF(1U << 30, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0),
               SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(cnode(CNODE_COPY, SLOT_REF(ROOT, 7 << 8), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0),
               SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_COPY, good, SLOT_REF(ROOT, FREE + 9), LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_COPY, good, SLOT_REF(ROOT, RAM), SLOT_LEVELS(2, 0, 0), 0, 0, 0),
               SYS_ERR_INVALID_ARGUMENT);
    assert_err(cnode(CNODE_COPY, good, SLOT_REF(ROOT, RAM), SLOT_LEVELS(3, 2, 0), 0, 0, 0),
               SYS_ERR_INVALID_ARGUMENT);
    assert_err(cnode(CNODE_DELETE, SLOT_REF(0, RAM), 0, LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_IDENTIFY, SLOT_REF(0, RAM), 0, LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_RETYPE, SLOT_REF(ROOT, RAM), SLOT_REF(0, RAM), LEVEL_2, 0, 0, 1),
               SYS_ERR_CAP_NOT_FOUND);
    assert_int_equal(task[32].cap.type, ObjType_Null);
}

static void test_only_l2_cnodes_in_level_1(void **state)
{
    (void)state;
    const uint64_t l1_slot = SLOT_REF(ROOT, 5 << 8);
    assert_err(cnode(CNODE_COPY, l1_slot, SLOT_REF(ROOT, RAM), SLOT_LEVELS(1, 2, 0), 0, 0, 0),
               SYS_ERR_CNODE_TYPE);
    assert_err(cnode(CNODE_COPY, l1_slot, SLOT_REF(ROOT, ROOT), SLOT_LEVELS(1, 2, 0), 0, 0, 0),
               SYS_ERR_CNODE_TYPE);
    assert_err(cnode(CNODE_MINT, l1_slot, SLOT_REF(ROOT, RAM), SLOT_LEVELS(1, 2, 0), 1, 0, 0),
               SYS_ERR_CNODE_TYPE);
    assert_err(cnode(CNODE_MOVE, l1_slot, SLOT_REF(ROOT, RAM), SLOT_LEVELS(1, 2, 0), 0, 0, 0),
               SYS_ERR_CNODE_TYPE);
    assert_err(cnode(CNODE_RETYPE, l1_slot, SLOT_REF(ROOT, RAM), SLOT_LEVELS(1, 2, ObjType_RAM), 0, 4096, 1),
               SYS_ERR_CNODE_TYPE);
    assert_ok(cnode(CNODE_RETYPE, l1_slot, SLOT_REF(ROOT, RAM), SLOT_LEVELS(1, 2, ObjType_L2CNode), 0, 0, 2));
    assert_ok(cnode(CNODE_COPY, SLOT_REF(ROOT, 9 << 8), l1_slot, SLOT_LEVELS(1, 1, 0), 0, 0, 0));
    assert_ok(cnode(CNODE_COPY, SLOT_REF(ROOT, FREE), l1_slot, SLOT_LEVELS(2, 1, 0), 0, 0, 0));
    /* The new CNode can be used, and takes along what is in it. */
    assert_ok(cnode(CNODE_COPY, SLOT_REF(ROOT, 6 << 8 | 200), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0));
    assert_true(mdb_has_copies(&task[18]));
    assert_ok(cnode(CNODE_DELETE, SLOT_REF(ROOT, 6 << 8), 0, SLOT_LEVELS(1, 0, 0), 0, 0, 0));
    assert_false(mdb_has_copies(&task[18]));
}

static void test_mint_and_identify(void **state)
{
    (void)state;
    assert_ok(cnode(CNODE_MINT, SLOT_REF(ROOT, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, CAPRIGHTS_READ, 0, 0));
    assert_ok(cnode(CNODE_IDENTIFY, SLOT_REF(ROOT, FREE), 0, LEVEL_2, 0, 0, 0));
    assert_int_equal(results[0], ObjType_RAM | CAPRIGHTS_READ << 8);
    assert_int_equal(results[1], task[18].cap.base);
    assert_int_equal(results[2], 0x100000);
    assert_err(cnode(CNODE_MINT, SLOT_REF(ROOT, FREE + 1), SLOT_REF(ROOT, FREE), LEVEL_2, CAPRIGHTS_ALL, 0,
                     0),
               SYS_ERR_RIGHTS);
    assert_err(cnode(CNODE_IDENTIFY, SLOT_REF(ROOT, FREE + 1), 0, LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_ok(cnode(CNODE_IDENTIFY, SLOT_REF(ROOT, ROOTCN_TASK), 0, SLOT_LEVELS(1, 0, 0), 0, 0, 0));
    assert_int_equal(results[0] & 0xff, ObjType_L2CNode);
}

static void test_revoke(void **state)
{
    (void)state;
    assert_ok(cnode(CNODE_COPY, SLOT_REF(CHILD_ROOT, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, 0, 0, 0));
    assert_ok(cnode(CNODE_MINT, SLOT_REF(ROOT, FREE), SLOT_REF(ROOT, RAM), LEVEL_2, CAPRIGHTS_READ, 0, 0));
    assert_ok(cnode(CNODE_RETYPE, SLOT_REF(ROOT, 5 << 8), SLOT_REF(ROOT, RAM),
                    SLOT_LEVELS(1, 2, ObjType_L2CNode), 0, 0, 1));
    assert_ok(cnode(CNODE_MINT, SLOT_REF(ROOT, FREE + 2), SLOT_REF(ROOT, 5 << 8), SLOT_LEVELS(2, 1, 0),
                    CAPRIGHTS_READ, 0, 0));
    assert_err(cnode(CNODE_REVOKE, SLOT_REF(ROOT, FREE + 2), 0, LEVEL_2, 0, 0, 0), SYS_ERR_RIGHTS);
    assert_err(cnode(CNODE_REVOKE, SLOT_REF(ROOT, FREE + 1), 0, LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cnode(CNODE_REVOKE, SLOT_REF(0, RAM), 0, LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_ok(cnode(CNODE_REVOKE, SLOT_REF(ROOT, 5 << 8), 0, SLOT_LEVELS(1, 0, 0), 0, 0, 0));
    assert_true(mdb_has_copies(&task[18]));
    assert_ok(cnode(CNODE_REVOKE, SLOT_REF(ROOT, RAM), 0, LEVEL_2, 0, 0, 0));
    assert_false(mdb_has_copies(&task[18]));
    assert_int_equal(task[32].cap.type, ObjType_Null);
    assert_err(cnode(CNODE_IDENTIFY, SLOT_REF(ROOT, 5 << 8 | 1), 0, LEVEL_2, 0, 0, 0), SYS_ERR_CAP_NOT_FOUND);
}

static void test_mint_endpoint(void **state)
{
    (void)state;
    const uint64_t offset = ROUND_UP(sizeof(struct dispatcher_shared), 16);
    assert_ok(cnode(CNODE_RETYPE, SLOT_REF(ROOT, FREE), SLOT_REF(ROOT, RAM),
                    SLOT_LEVELS(2, 2, ObjType_Dispatcher), 0, 0, 1));
    assert_ok(cnode(CNODE_RETYPE, SLOT_REF(ROOT, FREE + 1), SLOT_REF(ROOT, FREE),
                    SLOT_LEVELS(2, 2, ObjType_EndPoint), 0, 0, 1));
    assert_ok(cnode(CNODE_MINT, SLOT_REF(ROOT, FREE + 2), SLOT_REF(ROOT, FREE + 1), LEVEL_2, offset, 16, 0));
    assert_int_equal(task[34].cap.aux32, offset);
    assert_int_equal(task[34].cap.aux64, 16);
}

static void test_retype_stays_in_its_cnode(void **state)
{
    (void)state;
    const uint64_t type = SLOT_LEVELS(2, 2, ObjType_RAM);
    const uint64_t ram = SLOT_REF(ROOT, RAM);
    assert_ok(cnode(CNODE_RETYPE, SLOT_REF(ROOT, TASK(254)), ram, type, 0x1000, 4096, 2));
    assert_int_equal(task[255].cap.base, task[18].cap.base + 0x2000);
    assert_err(cnode(CNODE_RETYPE, SLOT_REF(ROOT, TASK(253)), ram, type, 0x8000, 4096, 4),
               SYS_ERR_DEST_CNODE_RANGE);
    assert_err(cnode(CNODE_RETYPE, SLOT_REF(ROOT, TASK(250)), ram, type, 0x8000, 4096, UINT64_MAX),
               SYS_ERR_DEST_CNODE_RANGE);
    assert_err(cnode(CNODE_RETYPE, SLOT_REF(ROOT, 255 << 8), ram, SLOT_LEVELS(1, 2, ObjType_L2CNode), 0x8000,
                     0, 2),
               SYS_ERR_DEST_CNODE_RANGE);
    assert_err(cnode(CNODE_RETYPE, SLOT_REF(ROOT, FREE), ram, SLOT_LEVELS(2, 2, ObjType_Num), 0, 0, 1),
               SYS_ERR_INVALID_RETYPE);
    assert_err(cnode(CNODE_RETYPE, SLOT_REF(ROOT, FREE), ram, SLOT_LEVELS(2, 2, 1UL << 40), 0, 0, 1),
               SYS_ERR_INVALID_RETYPE);
}

static void test_unknown_commands(void **state)
{
    (void)state;
    assert_err(cnode(CNODE_MOVE + 1, 0, 0, 0, 0, 0, 0), SYS_ERR_ILLEGAL_INVOCATION);
    assert_err(cnode(UINT32_MAX, 0, 0, 0, 0, 0, 0), SYS_ERR_ILLEGAL_INVOCATION);
    call.target = &task[18];
    call.command = CNODE_DELETE;
    assert_err(invoke_cnode(&call), SYS_ERR_ILLEGAL_INVOCATION);
    assert_err(vnode(&task[18], VNODE_MAP, 0, 0, 0, 0), SYS_ERR_ILLEGAL_INVOCATION);
}

static void test_map_protect_and_unmap(void **state)
{
    (void)state;
    struct cte *table = &task[32];
    assert_ok(caps_retype(table, ObjType_VNode_AARCH64_l3, 0, 1, &task[18], 0));
    assert_ok(caps_retype(&task[33], ObjType_Frame, 0x4000, 1, &task[18], 0x4000));
    const uint64_t slots = (uint64_t)(FREE + 1) | (uint64_t)(FREE + 2) << 32;
    assert_ok(vnode(table, VNODE_MAP, slots, 7 | 2UL << 32, VREGION_FLAGS_READ, 0x1000));
    assert_int_equal(fake_read_pte(table->cap.base, 8),
                     fake_pte(3, task[33].cap.base + 0x2000, true, false, VREGION_FLAGS_READ));
    assert_int_equal(task[34].cap.type, ObjType_Frame_Mapping);
    assert_ok(vnode(table, VNODE_PROTECT, FREE + 2, 1 | 1UL << 32, VREGION_FLAGS_READ_WRITE, 0));
    assert_int_equal(fake_read_pte(table->cap.base, 8),
                     fake_pte(3, task[33].cap.base + 0x2000, true, false, VREGION_FLAGS_READ_WRITE));
    assert_int_equal(fake_read_pte(table->cap.base, 7),
                     fake_pte(3, task[33].cap.base + 0x1000, true, false, VREGION_FLAGS_READ));
    assert_err(vnode(table, VNODE_PROTECT, FREE + 2, 1 | 2UL << 32, VREGION_FLAGS_READ, 0),
               SYS_ERR_VNODE_ENTRY_RANGE);
    assert_err(vnode(table, VNODE_PROTECT, FREE + 1, 1UL << 32, VREGION_FLAGS_READ, 0),
               SYS_ERR_NOT_A_MAPPING);
    assert_err(vnode(table, VNODE_PROTECT, 1U << 30, 1UL << 32, VREGION_FLAGS_READ, 0),
               SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(vnode(table, VNODE_UNMAP, FREE + 1, 0, 0, 0), SYS_ERR_NOT_A_MAPPING);
    assert_err(vnode(table, VNODE_UNMAP, 1U << 30, 0, 0, 0), SYS_ERR_CNODE_SLOT_RANGE);
    assert_ok(vnode(table, VNODE_UNMAP, FREE + 2, 0, 0, 0));
    assert_int_equal(task[34].cap.type, ObjType_Null);
    assert_err(vnode(table, VNODE_MAP, 1U << 30, 0, 0, 0), SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(vnode(table, VNODE_MAP, (FREE + 1) | 1UL << 62, 0, 0, 0), SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(vnode(table, VNODE_PROTECT + 1, 0, 0, 0, 0), SYS_ERR_ILLEGAL_INVOCATION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_move_what_is_mapped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_only_l2_cnodes_in_level_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mint_and_identify, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_revoke, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mint_endpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retype_stays_in_its_cnode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_map_protect_and_unmap, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
