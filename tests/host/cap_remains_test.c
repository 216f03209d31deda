/**
 * Revoke, and random sequences in CSpaces that are nested in any way: deletes and revokes are left unfinished
 * at any stop, and other operations come between. The checker runs after every call, and at the end
 * everything must be gone with the RAM that it was made of.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/captable.h>
#include <cap/mdb.h>
#include <cap/remains.h>
#include <dispatch/dcb.h>

#define SLOTS      16
#define SEEDS      400
#define STEPS      400
#define RAM_BYTES  0x200000UL
#define DEEPEST    6
#define MOST_CALLS 20000 ///< More than all that fits into the RAM can need.

static struct cte *s;
static unsigned restarts, nested;

static void start(void)
{
    s = fake_kernel_start(SLOTS);
    caps_create(&s[0], ObjType_RAM, arena_take(RAM_BYTES, 0x10000), RAM_BYTES);
}

static int set_up(void **state)
{
    (void)state;
    start();
    return 0;
}

static unsigned revoke_all(struct cte *slot)
{
    errval_t err;
    unsigned calls = 0;
    do {
        err = caps_revoke(slot);
        assert_sound();
        assert_in_range(++calls, 1, MOST_CALLS);
    } while (err == SYS_ERR_RESTART);
    assert_ok(err);
    assert_int_equal(remains_queue, 0);
    return calls;
}

static void test_copies_and_descendants(void **state)
{
    (void)state;
    assert_err(caps_revoke(&s[1]), SYS_ERR_CAP_NOT_FOUND);
    assert_ok(caps_retype(&s[1], ObjType_RAM, 0x8000, 1, &s[0], 0));
    assert_ok(caps_retype(&s[2], ObjType_RAM, 0x8000, 1, &s[0], 0x8000));
    assert_ok(caps_copy(&s[3], &s[1]));
    assert_ok(caps_mint(&s[4], &s[1], CAPRIGHTS_READ, 0));
    assert_ok(caps_retype(&s[5], ObjType_Frame, 0x8000, 1, &s[1], 0));
    assert_ok(caps_copy(&s[6], &s[5]));
    assert_ok(caps_retype(&s[7], ObjType_Frame, 0x1000, 2, &s[2], 0));
    assert_ok(caps_mint(&s[9], &s[5], CAPRIGHTS_READ, 0));
    assert_err(caps_revoke(&s[9]), SYS_ERR_RIGHTS);
    assert_int_equal(revoke_all(&s[3]), 1);
    for (unsigned i = 0; i < 9; i++) {
        const bool stays = i == 0 || i == 2 || i == 3 || i == 7 || i == 8;
        assert_int_equal(s[i].cap.type != ObjType_Null, stays);
    }
    assert_false(mdb_has_descendants(&s[3]));
    /* What is left can be used for anything. */
    assert_ok(caps_retype(&s[9], ObjType_L2CNode, 0, 2, &s[3], 0));
}

/// Without CONTROL what was made of RAM goes, and its copies stay.
static void test_without_control(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[1], ObjType_RAM, 0x8000, 1, &s[0], 0));
    assert_ok(caps_copy(&s[2], &s[1]));
    assert_ok(caps_mint(&s[3], &s[1], CAPRIGHTS_READ, 0));
    assert_ok(caps_retype(&s[4], ObjType_Frame, 0x4000, 2, &s[2], 0));
    assert_ok(caps_copy(&s[6], &s[5]));
    assert_int_equal(revoke_all(&s[3]), 1);
    for (unsigned i = 1; i <= 6; i++) {
        assert_int_equal(s[i].cap.type, i <= 3 ? ObjType_RAM : ObjType_Null);
    }
    assert_int_equal(revoke_all(&s[3]), 1);
}

/// What is no memory has nothing made of it, and its copies go all the same.
static void test_no_region(void **state)
{
    (void)state;
    caps_create(&s[1], ObjType_Kernel, 0, 0);
    assert_ok(caps_copy(&s[2], &s[1]));
    assert_ok(caps_mint(&s[3], &s[1], CAPRIGHTS_WRITE, 0));
    assert_int_equal(revoke_all(&s[2]), 1);
    assert_int_equal(s[1].cap.type, ObjType_Null);
    assert_int_equal(s[3].cap.type, ObjType_Null);
    assert_int_equal(revoke_all(&s[2]), 1);
    assert_ok(caps_mint(&s[3], &s[2], CAPRIGHTS_WRITE, 0));
    assert_err(caps_revoke(&s[3]), SYS_ERR_RIGHTS);
}

/// Endpoints are made from their dispatcher, and not from each other.
static void test_endpoints(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[1], ObjType_Dispatcher, 0, 1, &s[0], 0));
    assert_ok(caps_retype(&s[2], ObjType_EndPoint, 0, 2, &s[1], 0));
    assert_ok(caps_mint(&s[4], &s[2], 0x1000, 4));
    assert_ok(caps_copy(&s[5], &s[4]));
    revoke_all(&s[2]);
    assert_int_equal(s[3].cap.type, ObjType_Null);
    assert_int_equal(s[5].cap.type, ObjType_EndPoint);
    s[5].mdb.holder = SLOT_OF_INTERRUPT;
    revoke_all(&s[1]);
    assert_int_equal(fake_kernel.lost_endpoints, 1);
    assert_int_equal(s[2].cap.type, ObjType_Null);
    assert_int_equal(s[4].cap.type, ObjType_Null);
    assert_int_equal(fake_kernel.destroyed_count, 0);
}

static void test_part_of_a_dispatcher(void **state)
{
    (void)state;
    assert_ok(caps_retype(&s[1], ObjType_Dispatcher, 0, 1, &s[0], 0));
    assert_ok(caps_retype(&s[2], ObjType_Frame, 0x10000, 1, &s[0], 0x10000));
    struct dcb *dcb = dcb_from_phys(s[1].cap.base);
    assert_ok(caps_copy(&dcb->frame, &s[2]));
    dcb->frame.mdb.holder = SLOT_OF_DISPATCHER;
    revoke_all(&s[2]);
    assert_int_equal(fake_kernel.lost_parts, 1);
    assert_int_equal(dcb->frame.cap.type, ObjType_Null);
    assert_int_equal(dcb->frame.mdb.holder, SLOT_OF_CNODE);
}

static void test_many_descendants(void **state)
{
    (void)state;
    struct cte *frames = arena_take_slots(256);
    assert_ok(caps_retype(frames, ObjType_Frame, 0x1000, 16, &s[0], 0));
    assert_int_equal(revoke_all(&s[0]), 1);
    for (unsigned i = 0; i < 256; i += 16) {
        assert_ok(caps_retype(&frames[i], ObjType_Frame, 0x1000, 16, &s[0], i * 0x1000));
    }
    assert_in_range(revoke_all(&s[0]), 6, 10);
}

/// The revoked capability may itself lie in what goes.
static void test_revoked_from_inside(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 256; place += 85) {
        assert_ok(caps_retype(&s[1], ObjType_RAM, 0x10000, 1, &s[0], 0));
        assert_ok(caps_retype(&s[2], ObjType_L2CNode, 0, 1, &s[1], 0));
        assert_ok(caps_move((struct cte *)phys_to_virt(s[2].cap.base) + place, &s[1]));
        struct cte *inside = (struct cte *)phys_to_virt(s[2].cap.base) + place;
        errval_t err;
        do {
            err = caps_revoke(inside);
            assert_sound();
        } while (err == SYS_ERR_RESTART);
        assert_err(err, SYS_ERR_CAP_NOT_FOUND);
        revoke_all(&s[0]);
        assert_int_equal(s[2].cap.type, ObjType_Null);
    }
}

/// A CNode whose last capability lies in itself, and in the first slot of something that it holds.
static void test_self_held(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 256; place += 51) {
        assert_ok(caps_retype(&s[1], ObjType_L2CNode, 0, 2, &s[0], 0));
        struct cte *outer = phys_to_virt(s[1].cap.base), *inner = phys_to_virt(s[2].cap.base);
        assert_ok(caps_move(&inner[place % 2 ? 0 : place], &s[1]));
        assert_ok(caps_move(&outer[place], &s[2]));
        for (unsigned i = 2; i < 255; i++) {
            if (outer[i].cap.type == ObjType_Null) {
                assert_ok(caps_copy(&outer[i], &s[0]));
            }
            if (inner[i].cap.type == ObjType_Null) {
                assert_ok(caps_copy(&inner[i], &s[0]));
            }
        }
        revoke_all(&s[0]);
        assert_false(mdb_has_descendants(&s[0]));
        assert_false(mdb_has_copies(&s[0]));
    }
}

/// A slot that operations may name: one of ours, or one inside the CNodes and dispatchers below it.
static struct cte *any_slot(struct random *random)
{
    struct cte *slot = &s[1 + random_below(random, SLOTS - 1)];
    for (unsigned depth = 0; depth < DEEPEST && random_below(random, 3) != 0; depth++) {
        uint64_t count = 0;
        struct cte *slots = NULL;
        if (objtype_is_in(slot->cap.type, OBJTYPES_CNODE | 1U << ObjType_Dispatcher)) {
            slots = remains_slots(&slot->cap, slot->cap.type, &count);
        }
        if (count == 0) {
            break;
        }
        /* Mostly one of the first few, so that things meet. */
        slot = &slots[random_below(random, random_below(random, 8) && count > 3 ? 3 : count)];
        nested++;
    }
    return slot;
}

static void count_restart(errval_t err)
{
    restarts += err == SYS_ERR_RESTART;
}

/// Fills a CNode with copies of anything.
static void fill(struct random *random, struct cte *cnode)
{
    if (objtype_is_in(cnode->cap.type, OBJTYPES_CNODE)) {
        uint64_t count;
        struct cte *slots = remains_slots(&cnode->cap, cnode->cap.type, &count);
        for (unsigned i = 0; i < count; i++) {
            (void)caps_copy(&slots[i], any_slot(random));
        }
    }
}

static void step(struct random *random)
{
    static const enum objtype types[] = {ObjType_RAM,     ObjType_Frame,    ObjType_L1CNode,
                                         ObjType_L2CNode, ObjType_L2CNode,  ObjType_Dispatcher,
                                         ObjType_L2CNode, ObjType_EndPoint, ObjType_VNode_AARCH64_l3};
    struct cte *slot = any_slot(random), *other = any_slot(random);
    const enum objtype type = types[random_below(random, ARRAY_LENGTH(types))];
    const gensize_t bytes = captable[type].bytes ? captable[type].bytes : 0x4000;
    switch (random_below(random, 16)) {
    case 0:
    case 1:
    case 2:
        (void)caps_copy(slot, other);
        break;
    case 3:
        (void)caps_move(slot, other);
        break;
    case 4:
        fill(random, slot);
        break;
    case 5:
        count_restart(caps_delete(slot));
        break;
    case 6:
        if (random_below(random, 4) == 0) {
            count_restart(caps_revoke(random_below(random, 8) ? slot : &s[0]));
        }
        break;
    case 7:
        for (unsigned i = 0; i < 4; i++) {
            struct cte *table = any_slot(random);
            (void)caps_map(table, any_slot(random), any_slot(random), random_below(random, 512), 1,
                           VREGION_FLAGS_READ, 0);
        }
        break;
    default:
        (void)caps_retype(slot, type, type == ObjType_EndPoint ? 0 : bytes, 1,
                          random_below(random, 2) ? other : &s[0],
                          type == ObjType_EndPoint ? 0 : random_below(random, RAM_BYTES / 0x4000) * 0x4000);
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random random = random_from_seed(seed);
        start();
        for (unsigned i = 0; i < STEPS; i++) {
            step(&random);
            assert_sound();
            if (s[0].cap.type == ObjType_Null) {
                break; // revoked through another copy
            }
        }
        for (unsigned i = 0; i < SLOTS; i++) {
            if (s[i].cap.type == ObjType_RAM && s[i].cap.bytes == RAM_BYTES) {
                revoke_all(&s[i]);
                assert_false(mdb_has_descendants(&s[i]));
                assert_false(mdb_has_copies(&s[i]));
                assert_int_equal(mdb_roots[REGION_MEMORY], mdb_link(&s[i]));
                assert_int_equal(mdb_roots[REGION_PTE], 0);
            }
        }
    }
    /* The sequences get somewhere. */
    assert_in_range(restarts, SEEDS / 4, SEEDS * STEPS);
    assert_in_range(nested, SEEDS * 10, SEEDS * STEPS * DEEPEST * 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_copies_and_descendants, set_up),
        cmocka_unit_test_setup(test_without_control, set_up),
        cmocka_unit_test_setup(test_no_region, set_up),
        cmocka_unit_test_setup(test_endpoints, set_up),
        cmocka_unit_test_setup(test_part_of_a_dispatcher, set_up),
        cmocka_unit_test_setup(test_many_descendants, set_up),
        cmocka_unit_test_setup(test_revoked_from_inside, set_up),
        cmocka_unit_test_setup(test_self_held, set_up),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
