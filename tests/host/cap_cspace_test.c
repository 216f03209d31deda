/**
 * CSpace lookup.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#define L1_BYTES 0x8000UL /* 512 slots */

static struct cte *root;
static struct cte *l2_cnode;

static int set_up(void **state)
{
    (void)state;
    arena_reset(ARENA_DEFAULT_BASE);
    fake_kernel_reset();
    root = arena_take_slots(1);
    caps_create(root, ObjType_L1CNode, arena_take(L1_BYTES, 16384), L1_BYTES);
    struct cte *slots = phys_to_virt(root->cap.base);
    const lpaddr_t base = arena_take(16384, 16384);
    caps_create(&slots[300], ObjType_L2CNode, base, 16384);
    l2_cnode = phys_to_virt(base);
    caps_create(&slots[301], ObjType_RAM, arena_take(4096, 4096), 4096);
    return 0;
}

static void test_level_2(void **state)
{
    (void)state;
    struct cte *slot;
    assert_ok(cspace_lookup_slot(&root->cap, 300 << 8 | 17, 2, &slot));
    assert_ptr_equal(slot, &l2_cnode[17]);
    assert_ok(cspace_lookup_slot(&root->cap, 300 << 8 | 255, 2, &slot));
    assert_ptr_equal(slot, &l2_cnode[255]);
}

static void test_level_1(void **state)
{
    (void)state;
    struct cte *slot;
    assert_ok(cspace_lookup_slot(&root->cap, 300 << 8, 1, &slot));
    assert_int_equal(slot->cap.type, ObjType_L2CNode);
    assert_ok(cspace_lookup_slot(&root->cap, 511 << 8, 1, &slot));
    assert_int_equal(slot->cap.type, ObjType_Null);
    assert_err(cspace_lookup_slot(&root->cap, 300 << 8 | 1, 1, &slot), SYS_ERR_INVALID_ARGUMENT);
}

static void test_must_hold_something(void **state)
{
    (void)state;
    struct cte *slot;
    assert_err(cspace_lookup(&root->cap, 300 << 8 | 17, 2, &slot), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cspace_lookup(&root->cap, 299 << 8, 1, &slot), SYS_ERR_CAP_NOT_FOUND);
    caps_create(&l2_cnode[17], ObjType_Kernel, 0, 0);
    assert_ok(cspace_lookup(&root->cap, 300 << 8 | 17, 2, &slot));
    assert_err(cspace_lookup(&root->cap, 1000 << 8, 2, &slot), SYS_ERR_CNODE_SLOT_RANGE);
}

static void test_bad_addresses(void **state)
{
    (void)state;
    struct cte *slot;
    assert_err(cspace_lookup_slot(&root->cap, 512 << 8, 2, &slot), SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(cspace_lookup_slot(&root->cap, UINT32_MAX, 2, &slot), SYS_ERR_CNODE_SLOT_RANGE);
    assert_err(cspace_lookup_slot(&root->cap, 299 << 8, 2, &slot), SYS_ERR_CAP_NOT_FOUND);
    assert_err(cspace_lookup_slot(&root->cap, 301 << 8, 2, &slot), SYS_ERR_CNODE_TYPE);
    assert_err(cspace_lookup_slot(&root->cap, 300 << 8, 0, &slot), SYS_ERR_INVALID_ARGUMENT);
    assert_err(cspace_lookup_slot(&root->cap, 300 << 8, 3, &slot), SYS_ERR_INVALID_ARGUMENT);
    const struct capability none = {0};
    assert_err(cspace_lookup_slot(&none, 300 << 8, 2, &slot), SYS_ERR_CNODE_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_level_2, set_up),
        cmocka_unit_test_setup(test_level_1, set_up),
        cmocka_unit_test_setup(test_must_hold_something, set_up),
        cmocka_unit_test_setup(test_bad_addresses, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
