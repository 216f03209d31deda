/**
 * Copy, mint, move and create: what they make, and every way they refuse.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/dispatcher.h>
#include <abi/syscall.h>
#include <cap/mdb.h>
#include <string.h>

enum {
    RAM,
    FRAME,
    VNODE,
    DISPATCHER,
    ENDPOINT,
    KERNEL,
    MAPPING,
    EMPTY,
    OTHER,
    SLOTS = 16
};

static struct cte *s;

static int set_up(void **state)
{
    (void)state;
    s = fake_kernel_start(SLOTS);
    caps_create(&s[RAM], ObjType_RAM, arena_take(0x10000, 4096), 0x10000);
    caps_create(&s[KERNEL], ObjType_Kernel, 0, 0);
    assert_ok(caps_retype(&s[FRAME], ObjType_Frame, 0x2000, 1, &s[RAM], 0));
    assert_ok(caps_retype(&s[VNODE], ObjType_VNode_AARCH64_l3, 0, 1, &s[RAM], 0x2000));
    assert_ok(caps_retype(&s[DISPATCHER], ObjType_Dispatcher, 0, 1, &s[RAM], 0x3000));
    assert_ok(caps_retype(&s[ENDPOINT], ObjType_EndPoint, 0, 1, &s[DISPATCHER], 0));
    assert_ok(caps_map(&s[VNODE], &s[FRAME], &s[MAPPING], 0, 2, VREGION_FLAGS_READ, 0));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

static void test_copy(void **state)
{
    (void)state;
    assert_ok(caps_copy(&s[EMPTY], &s[FRAME]));
    assert_int_equal(s[EMPTY].cap.type, ObjType_Frame);
    assert_int_equal(s[EMPTY].cap.base, s[FRAME].cap.base);
    assert_int_equal(s[EMPTY].cap.bytes, 0x2000);
    assert_int_equal(s[EMPTY].cap.rights, CAPRIGHTS_ALL);
    assert_true(mdb_has_copies(&s[FRAME]));
    /* The original is mapped, its copy is not. */
    assert_int_not_equal(s[FRAME].cap.aux32, 0);
    assert_int_equal(s[EMPTY].cap.aux32, 0);
    assert_ok(caps_copy(&s[OTHER], &s[KERNEL]));
    assert_true(mdb_has_copies(&s[KERNEL]));
}

static void test_copy_refuses(void **state)
{
    (void)state;
    assert_err(caps_copy(&s[EMPTY], &s[MAPPING]), SYS_ERR_CAP_NOT_COPYABLE);
    assert_err(caps_copy(&s[EMPTY], &s[OTHER]), SYS_ERR_CAP_NOT_FOUND);
    assert_err(caps_copy(&s[RAM], &s[FRAME]), SYS_ERR_SLOT_IN_USE);
    assert_err(caps_copy(&s[RAM], &s[RAM]), SYS_ERR_SLOT_IN_USE);
    assert_int_equal(s[EMPTY].cap.type, ObjType_Null);
}

static void test_mint_reduces_rights(void **state)
{
    (void)state;
    assert_ok(caps_mint(&s[EMPTY], &s[FRAME], CAPRIGHTS_READ, 0));
    assert_int_equal(s[EMPTY].cap.rights, CAPRIGHTS_READ);
    assert_err(caps_mint(&s[OTHER], &s[EMPTY], CAPRIGHTS_READ | CAPRIGHTS_WRITE, 0), SYS_ERR_RIGHTS);
    assert_ok(caps_mint(&s[OTHER], &s[EMPTY], 0, 0));
    assert_int_equal(s[OTHER].cap.rights, 0);
}

static void test_mint_refuses(void **state)
{
    (void)state;
    assert_err(caps_mint(&s[EMPTY], &s[FRAME], CAPRIGHTS_ALL + 1, 0), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(&s[EMPTY], &s[FRAME], 1UL << 40 | CAPRIGHTS_READ, 0), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(&s[EMPTY], &s[FRAME], CAPRIGHTS_READ, 1), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(&s[EMPTY], &s[MAPPING], 0, 0), SYS_ERR_CAP_NOT_COPYABLE);
    assert_err(caps_mint(&s[EMPTY], &s[OTHER], 0, 0), SYS_ERR_CAP_NOT_FOUND);
    assert_err(caps_mint(&s[RAM], &s[FRAME], 0, 0), SYS_ERR_SLOT_IN_USE);
    assert_int_equal(s[EMPTY].cap.type, ObjType_Null);
}

static void test_mint_endpoint(void **state)
{
    (void)state;
    const uint64_t offset = ROUND_UP(sizeof(struct dispatcher_shared), 16);
    assert_ok(caps_mint(&s[EMPTY], &s[ENDPOINT], offset, 8));
    assert_int_equal(s[EMPTY].cap.type, ObjType_EndPoint);
    assert_int_equal(s[EMPTY].cap.aux32, offset);
    assert_int_equal(s[EMPTY].cap.aux64, 8);
    assert_int_equal(s[EMPTY].cap.base, s[DISPATCHER].cap.base);
    assert_false(mdb_has_copies(&s[EMPTY]));
    /* The same ring again is the same endpoint; its copies keep the ring. */
    assert_ok(caps_mint(&s[OTHER], &s[ENDPOINT], offset, 8));
    assert_true(mdb_has_copies(&s[EMPTY]));
    assert_ok(caps_copy(&s[OTHER + 1], &s[OTHER]));
    assert_int_equal(s[OTHER + 1].cap.aux32, offset);
    assert_int_equal(s[OTHER + 1].cap.aux64, 8);
    assert_ok(caps_mint(&s[OTHER + 2], &s[ENDPOINT], offset, 16));
    assert_false(mdb_has_copies(&s[OTHER + 2]));
    assert_true(mdb_has_descendants(&s[DISPATCHER]));
    assert_false(mdb_has_descendants(&s[ENDPOINT]));
}

/// Who only sends gets no right to revoke; the ring stays the same.
static void test_rights_of_an_endpoint(void **state)
{
    (void)state;
    const uint64_t offset = ROUND_UP(sizeof(struct dispatcher_shared), 16);
    const unsigned send_only = CAPRIGHTS_ALL & ~CAPRIGHTS_CONTROL;
    struct cte *ours = &s[EMPTY], *theirs = &s[OTHER], *again = &s[OTHER + 1];
    assert_ok(caps_mint(ours, &s[ENDPOINT], offset, 8));
    assert_ok(caps_mint(theirs, ours, send_only, 0));
    assert_int_equal(theirs->cap.rights, send_only);
    assert_int_equal(theirs->cap.aux32, offset);
    assert_int_equal(theirs->cap.aux64, 8);
    assert_true(mdb_has_copies(ours));
    assert_err(caps_revoke(theirs), SYS_ERR_RIGHTS);
    assert_err(caps_mint(again, theirs, CAPRIGHTS_ALL, 0), SYS_ERR_RIGHTS);
    assert_err(caps_mint(again, theirs, send_only, 8), SYS_ERR_INVALID_MINT);
    assert_ok(caps_copy(again, theirs));
    assert_int_equal(again->cap.rights, send_only);
    /* If theirs is the one that stays in the tree it is still theirs. */
    assert_ok(caps_delete(ours));
    assert_err(caps_revoke(again), SYS_ERR_RIGHTS);
    assert_ok(caps_mint(ours, &s[ENDPOINT], offset, 8));
    assert_ok(caps_revoke(ours));
    assert_int_equal(theirs->cap.type, ObjType_Null);
    assert_int_equal(again->cap.type, ObjType_Null);
    assert_int_equal(ours->cap.rights, CAPRIGHTS_ALL);
}

/// A linked endpoint moves, and nothing else; whoever receives on it learns that it is gone, once.
static void test_linked(void **state)
{
    (void)state;
    const uint64_t offset = ROUND_UP(sizeof(struct dispatcher_shared), 16);
    struct cte *ours = &s[EMPTY], *linked = &s[OTHER], *again = &s[OTHER + 1];
    assert_ok(caps_mint(ours, &s[ENDPOINT], offset, 8));
    assert_ok(caps_mint(linked, ours, 0, 0));
    assert_err(caps_copy(again, linked), SYS_ERR_CAP_NOT_COPYABLE);
    assert_err(caps_mint(again, linked, 0, 0), SYS_ERR_CAP_NOT_COPYABLE);
    assert_ok(caps_move(again, linked));
    assert_int_equal(again->cap.rights, 0);
    assert_int_equal(fake_kernel.lost_links, 0);
    assert_ok(caps_delete(again));
    assert_int_equal(fake_kernel.lost_links, 1);
    assert_int_equal(fake_kernel.lost_ring, offset);
    /* With its owner's revoke, too; and when it is the last. */
    assert_ok(caps_mint(linked, ours, CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT, 0));
    assert_ok(caps_revoke(ours));
    assert_int_equal(linked->cap.type, ObjType_Null);
    assert_int_equal(fake_kernel.lost_links, 2);
    assert_ok(caps_mint(linked, ours, 0, 0));
    assert_ok(caps_delete(ours));
    assert_int_equal(fake_kernel.lost_links, 2);
    assert_ok(caps_delete(linked));
    assert_int_equal(fake_kernel.lost_links, 3);
    /* Without a ring there is nobody to tell. */
    assert_ok(caps_mint(ours, &s[ENDPOINT], offset, 8));
    assert_ok(caps_delete(ours));
    assert_ok(caps_delete(&s[ENDPOINT]));
    assert_int_equal(fake_kernel.lost_links, 3);
}

static void test_area(void **state)
{
    (void)state;
    const uint64_t first = ROUND_UP(sizeof(struct dispatcher_shared), 64);
    struct cte *to = &s[EMPTY];
    assert_err(caps_mint(to, &s[ENDPOINT], first, LMP_RING_ROOM(4, 32)), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(to, &s[ENDPOINT], first, LMP_RING_ROOM(4, 0x4040)), SYS_ERR_INVALID_MINT);
    const uint64_t last = 0x10000 - 64 - 4 * sizeof(struct lmp_slot) - 0x1000;
    assert_err(caps_mint(to, &s[ENDPOINT], last + 16, LMP_RING_ROOM(4, 0x1000)), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_ok(caps_mint(to, &s[ENDPOINT], last, LMP_RING_ROOM(4, 0x1000)));
    assert_int_equal(LMP_RING_SLOTS(to->cap.aux64), 4);
    assert_int_equal(LMP_RING_AREA(to->cap.aux64), 0x1000);
    /* Another area is another endpoint. */
    assert_ok(caps_mint(&s[OTHER], &s[ENDPOINT], last, 4));
    assert_false(mdb_has_copies(to));
}

static void test_mint_endpoint_refuses(void **state)
{
    (void)state;
    const uint64_t first = ROUND_UP(sizeof(struct dispatcher_shared), 16);
    struct cte *to = &s[EMPTY];
    assert_err(caps_mint(to, &s[ENDPOINT], first + 8, 8), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(to, &s[ENDPOINT], first, 0), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(to, &s[ENDPOINT], first, 3), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(to, &s[ENDPOINT], first, 2048), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(to, &s[ENDPOINT], first, UINT64_MAX), SYS_ERR_INVALID_MINT);
    assert_err(caps_mint(to, &s[ENDPOINT], first - 16, 1), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_err(caps_mint(to, &s[ENDPOINT], 0, 1), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_err(caps_mint(to, &s[ENDPOINT], UINT64_MAX - 15, 1), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_err(caps_mint(to, &s[ENDPOINT], 1UL << 32, 1), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_err(caps_mint(to, &s[ENDPOINT], first, 1024), SYS_ERR_LMP_ENDPOINT_RANGE);

    const uint64_t ring = sizeof(struct lmp_ring) + 4 * sizeof(struct lmp_slot);
    assert_err(caps_mint(to, &s[ENDPOINT], ROUND_UP(0x10000 - ring + 1, 16), 4), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_ok(caps_mint(to, &s[ENDPOINT], ROUND_DOWN(0x10000 - ring, 16), 4));
    assert_err(caps_mint(&s[OTHER], to, first, 8), SYS_ERR_INVALID_MINT);

    fake_kernel.dispatcher_frame = 0;
    assert_err(caps_mint(&s[OTHER], &s[ENDPOINT], first, 8), SYS_ERR_DISPATCHER_INCOMPLETE);
    fake_kernel.dispatcher_frame = 1UL << 33;
    assert_err(caps_mint(&s[OTHER], &s[ENDPOINT], 1UL << 32, 8), SYS_ERR_LMP_ENDPOINT_RANGE);
    assert_ok(caps_mint(&s[OTHER], &s[ENDPOINT], (1UL << 32) - 16, 8));
}

static void test_move(void **state)
{
    (void)state;
    for (size_t i = RAM; i < EMPTY; i++) {
        const struct capability before = s[i].cap;
        assert_ok(caps_move(&s[EMPTY], &s[i]));
        assert_sound();
        assert_int_equal(s[i].cap.type, ObjType_Null);
        assert_memory_equal(&s[EMPTY].cap, &before, sizeof before);
        assert_ok(caps_move(&s[i], &s[EMPTY]));
        assert_sound();
    }
    assert_ok(caps_delete(&s[FRAME]));
    assert_int_equal(s[MAPPING].cap.type, ObjType_Null);
}

static void test_move_with_copies(void **state)
{
    (void)state;
    assert_ok(caps_copy(&s[EMPTY], &s[FRAME]));
    assert_ok(caps_copy(&s[OTHER], &s[EMPTY]));
    /* Once the one in the tree, once another. */
    assert_ok(caps_move(&s[OTHER + 1], &s[FRAME]));
    assert_sound();
    assert_ok(caps_move(&s[OTHER + 2], &s[EMPTY]));
    assert_sound();
    assert_ok(caps_delete(&s[OTHER + 1]));
    assert_int_equal(s[MAPPING].cap.type, ObjType_Null);
    assert_ok(caps_delete(&s[OTHER + 2]));
    assert_false(mdb_has_copies(&s[OTHER]));
    assert_true(s[OTHER].mdb.in_tree);
}

static void test_move_refuses(void **state)
{
    (void)state;
    assert_err(caps_move(&s[EMPTY], &s[OTHER]), SYS_ERR_CAP_NOT_FOUND);
    assert_err(caps_move(&s[RAM], &s[FRAME]), SYS_ERR_SLOT_IN_USE);
    assert_err(caps_move(&s[RAM], &s[RAM]), SYS_ERR_SLOT_IN_USE);
}

static void test_create(void **state)
{
    (void)state;
    /* The same region again is a copy. */
    caps_create(&s[EMPTY], ObjType_RAM, s[RAM].cap.base, s[RAM].cap.bytes);
    assert_true(mdb_has_copies(&s[RAM]));
    caps_create(&s[OTHER], ObjType_IRQ, 0, 1024);
    assert_sound();
    struct cte *slot = &s[OTHER + 1];
    assert_panics(caps_create(&s[RAM], ObjType_RAM, 0x1000, 0x1000));
    assert_panics(caps_create(slot, ObjType_RAM, s[RAM].cap.base, 0x1000));
    assert_non_null(strstr(fake_kernel.panic_text, "overlaps"));
    slot->cap.type = ObjType_Null;
    assert_panics(caps_create(slot, ObjType_Frame_Mapping, 0x1000, 8));
    assert_panics(caps_create(slot, ObjType_Null, 0x1000, 8));
    assert_panics(caps_create(slot, ObjType_RAM, 0x1000, 0));
    slot->cap.type = ObjType_Null;
    assert_panics(caps_create(slot, ObjType_RAM, ~0xfffUL, 0x2000));
    slot->cap.type = ObjType_Null;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copy_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mint_reduces_rights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mint_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mint_endpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rights_of_an_endpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_linked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_area, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mint_endpoint_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_move_with_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_move_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_create, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
