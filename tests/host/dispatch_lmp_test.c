/**
 * The general path of messages: several capabilities and bytes go along whole or not at all, whatever the
 * receiver has written into its ring; and the kernel writes nowhere but into the receiver's frame.
 *
 * Sources: kernel/cap kernel/dispatch/lmp.c
 * Sources: tests/host/arena.c tests/host/fake_kernel.c
 * Fakes:   tests/host/fake_arch
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <arch/armv8/user_memory.h>
#include <cap/cspace.h>
#include <cap/mdb.h>
#include <dispatch/dispatch.h>
#include <string.h>

#define FRAME_BYTES 0x3000UL
#define GUARD_BYTES 0x1000UL
#define GUARD       0xa5
#define L1_SLOT     3
#define SLOT(n)     (L1_SLOT << CSPACE_L2_BITS | (n))
#define SLOTS       64 ///< Of each CSpace that are used here.
#define RING        0x800UL
#define RING_SLOTS  4
#define AREA_BYTES  0x1000UL
#define ENDPOINT    1 ///< The sender's, to the ring.
#define FIRST_CAP   8
#define USER_BYTES  0x2000UL ///< Of the sender's memory that can be read, at address USER_AT.
#define USER_AT     0x10000UL
#define STEPS       60000

struct domain {
    struct dcb *dcb;
    struct cte *slots;
    unsigned char *guarded; ///< Frame, with what must stay as it is on both sides.
};

static struct domain sender, receiver;
static struct lmp_ring *ring;
static unsigned char user_bytes[USER_BYTES];
static jmp_buf user_level;
static struct dcb *switched_to; ///< Whom the system call ended with; NULL: whoever is left to run.

/* What messages need of the rest of the kernel. */

bool user_memory_copy(lvaddr_t address, void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (address + i < USER_AT || address + i >= USER_AT + USER_BYTES) {
            return false;
        }
        ((unsigned char *)to)[i] = user_bytes[address + i - USER_AT];
    }
    return true;
}

void schedule_make_runnable(struct dcb *dcb)
{
    dcb->queued = true;
}

void schedule_end_wait(struct dcb *dcb)
{
    dcb->wait = WAIT_NONE;
    dcb->disp->save_enabled.x[0] = SYS_ERR_LMP_WAIT_INTERRUPTED;
    dcb->queued = true;
}

_Noreturn void schedule(void)
{
    switched_to = NULL;
    longjmp(user_level, 1);
}

_Noreturn void dispatch(struct dcb *dcb)
{
    switched_to = dcb;
    longjmp(user_level, 1);
}

_Noreturn void dispatch_return(struct registers *saved)
{
    (void)saved;
    switched_to = sender.dcb;
    longjmp(user_level, 1);
}

/* Two domains */

static void make_domain(struct domain *domain, struct cte *first)
{
    caps_create(&first[0], ObjType_L1CNode, arena_take(0x4000, 0x4000), 0x4000);
    caps_create(cnode_slots(&first[0].cap) + L1_SLOT, ObjType_L2CNode, arena_take(OBJSIZE_L2CNode, 0x4000),
                OBJSIZE_L2CNode);
    caps_create(&first[1], ObjType_Dispatcher, arena_take(OBJSIZE_Dispatcher, OBJSIZE_Dispatcher),
                OBJSIZE_Dispatcher);
    domain->slots = cnode_slots(&cnode_slots(&first[0].cap)[L1_SLOT].cap);
    domain->guarded = phys_to_virt(arena_take(FRAME_BYTES + 2 * GUARD_BYTES, 0x1000));
    memset(domain->guarded, GUARD, FRAME_BYTES + 2 * GUARD_BYTES);
    memset(domain->guarded + GUARD_BYTES, 0, FRAME_BYTES);
    domain->dcb = dcb_from_phys(first[1].cap.base);
    *domain->dcb = (struct dcb){
        .l1_cnode = cnode_slots(&first[0].cap),
        .l1_slots = cnode_slot_count(&first[0].cap),
        .disp = (struct dispatcher_shared *)(domain->guarded + GUARD_BYTES),
        .ring_limit = FRAME_BYTES - sizeof(uint64_t),
        .wait = WAIT_NONE,
        .state = DISPATCHER_STATE_RUNS,
    };
    assert_ok(caps_copy(&domain->dcb->cspace, &first[0]));
}

static int set_up(void **state)
{
    (void)state;
    struct cte *first = fake_kernel_start(8);
    fake_kernel.dispatcher_frame = FRAME_BYTES;
    make_domain(&sender, &first[0]);
    make_domain(&receiver, &first[2]);
    assert_ok(caps_retype(&first[4], ObjType_EndPoint, 0, 1, &first[3], 0));
    assert_ok(caps_mint(&sender.slots[ENDPOINT], &first[4], RING, LMP_RING_ROOM(RING_SLOTS, AREA_BYTES)));
    ring = (struct lmp_ring *)((char *)receiver.dcb->disp + RING);
    const lpaddr_t memory = arena_take(16 * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    for (unsigned i = 0; i < 16; i++) {
        caps_create(&sender.slots[FIRST_CAP + i], ObjType_Frame, memory + i * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    }
    for (size_t i = 0; i < USER_BYTES; i++) {
        user_bytes[i] = (unsigned char)(i * 7 + i / 256);
    }
    return 0;
}

static void check_guards(const struct domain *domain)
{
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        assert_int_equal(domain->guarded[i], GUARD);
        assert_int_equal(domain->guarded[GUARD_BYTES + FRAME_BYTES + i], GUARD);
    }
}

static int tear_down(void **state)
{
    (void)state;
    check_guards(&sender);
    check_guards(&receiver);
    assert_sound();
    return 0;
}

/// Slots first, first + 1, ... are ready for capabilities.
static void give_slots(unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ring->recv_slots[ring->slots_given++ % LMP_RECV_SLOTS] = SLOT(first + i);
    }
}

/// The system call of the sender. \return x0 of it
static errval_t call(uint64_t x0, uint64_t x1, uint64_t x10, uint64_t x11, uint64_t x12, uint64_t x13)
{
    struct registers *saved = &sender.dcb->disp->save_enabled;
    const uint64_t x[] = {x0, x1, 1, 2, 3, 4, 5, 6, 7, 8, x10, x11, x12, x13};
    memcpy(saved->x, x, sizeof(x));
    if (setjmp(user_level) == 0) {
        sys_lmp(sender.dcb, saved);
    }
    return saved->x[0];
}

static uint64_t two(unsigned first, unsigned second)
{
    return (uint64_t)SLOT(first) | (uint64_t)SLOT(second) << 32;
}

#define SEND (SYS_LMP | 8 << LMP_COUNT_SHIFT)

static void assert_empty(const struct cte *slot)
{
    assert_int_equal(slot->cap.type, ObjType_Null);
}

/// Four capabilities: two copied, two given; in the order in which they were named.
static void test_four(void **state)
{
    (void)state;
    const lpaddr_t base = sender.slots[FIRST_CAP].cap.base;
    give_slots(10, 5);
    assert_ok(
        call(SEND | LMP_CAPS(4) | LMP_GIVE(1) | LMP_GIVE(3), SLOT(ENDPOINT), two(8, 9), two(10, 11), 0, 0));
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(receiver.slots[10 + i].cap.type, ObjType_Frame);
        assert_int_equal(receiver.slots[10 + i].cap.base, base + i * BASE_PAGE_SIZE);
        assert_int_equal(sender.slots[FIRST_CAP + i].cap.type, i % 2 ? ObjType_Null : ObjType_Frame);
    }
    assert_empty(&receiver.slots[14]);
    assert_int_equal(ring->slots_taken, 4);
    assert_int_equal(ring->count.delivered, 1);
    assert_int_equal(receiver.dcb->disp->any.delivered, 1);
    assert_int_equal(receiver.dcb->disp->arrivals[0], RING);
    assert_int_equal(ring->slots[0].header >> 32, SEND | LMP_CAPS(4) | LMP_GIVE(1) | LMP_GIVE(3));
    /* The next ones need slots of their own. */
    assert_err(call(SEND | LMP_CAPS(2), SLOT(ENDPOINT), two(12, 13), 0, 0, 0), SYS_ERR_LMP_CAP_NO_SLOT);
    assert_ok(call(SEND | LMP_FLAG_CAP, SLOT(ENDPOINT), two(12, 13), 0, 0, 0));
    assert_int_equal(receiver.slots[14].cap.base, sender.slots[12].cap.base);
}

static void assert_nothing_sent(void)
{
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(sender.slots[FIRST_CAP + i].cap.type, ObjType_Frame);
        assert_false(mdb_has_copies(&sender.slots[FIRST_CAP + i]));
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        assert_empty(&receiver.slots[i]);
    }
    assert_int_equal(ring->slots_taken, 0);
    assert_int_equal(ring->bytes_used, 0);
    assert_int_equal(ring->count.delivered, 0);
    assert_int_equal(receiver.dcb->disp->any.delivered, 0);
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    const uint64_t give_all = LMP_GIVE(0) | LMP_GIVE(1) | LMP_GIVE(2) | LMP_GIVE(3);
    assert_err(call(SEND | LMP_CAPS(1), SLOT(ENDPOINT), two(8, 9), 0, 0, 0), SYS_ERR_LMP_CAP_NO_SLOT);
    give_slots(10, 4);
    assert_err(call(SEND | LMP_CAPS(5), SLOT(ENDPOINT), two(8, 9), two(10, 11), 0, 0),
               SYS_ERR_INVALID_ARGUMENT);
    /* The last is not there; or is there no more, since it is named twice. */
    assert_err(call(SEND | LMP_CAPS(4) | give_all, SLOT(ENDPOINT), two(8, 9), two(10, 40), 0, 0),
               SYS_ERR_LMP_CAP_SOURCE);
    assert_nothing_sent();
    assert_err(call(SEND | LMP_CAPS(4) | give_all, SLOT(ENDPOINT), two(8, 9), two(10, 8), 0, 0),
               SYS_ERR_CAP_NOT_FOUND);
    assert_nothing_sent();
    /* What was copied before goes, what was given comes back. */
    assert_err(call(SEND | LMP_CAPS(4) | LMP_GIVE(1) | LMP_GIVE(3), SLOT(ENDPOINT), two(8, 9), two(10, 9), 0,
                    0),
               SYS_ERR_CAP_NOT_FOUND);
    assert_nothing_sent();
    /* The receiver names a slot twice, or none, or one that is not empty. */
    ring->recv_slots[3] = SLOT(10);
    assert_err(call(SEND | LMP_CAPS(4) | give_all, SLOT(ENDPOINT), two(8, 9), two(10, 11), 0, 0),
               SYS_ERR_SLOT_IN_USE);
    assert_nothing_sent();
    ring->recv_slots[3] = 0;
    assert_err(call(SEND | LMP_CAPS(4), SLOT(ENDPOINT), two(8, 9), two(10, 11), 0, 0),
               SYS_ERR_LMP_CAP_NO_SLOT);
    assert_nothing_sent();
    assert_ok(caps_move(&receiver.slots[20], &sender.slots[8]));
    ring->recv_slots[3] = SLOT(20);
    assert_err(call(SEND | LMP_CAPS(3), SLOT(ENDPOINT), two(9, 10), two(8, 11), 0, 0),
               SYS_ERR_LMP_CAP_SOURCE);
    assert_err(call(SEND | LMP_CAPS(4), SLOT(ENDPOINT), two(9, 10), two(12, 11), 0, 0),
               SYS_ERR_LMP_CAP_NO_SLOT);
    assert_ok(caps_move(&sender.slots[8], &receiver.slots[20]));
    assert_nothing_sent();
}

/// The endpoint that is sent to may be among what is given; a linked one can be given, and not copied.
static void test_endpoints_along(void **state)
{
    (void)state;
    struct cte *linked = &sender.slots[40];
    give_slots(10, 4);
    assert_ok(caps_mint(linked, &sender.slots[ENDPOINT], 0, 0));
    assert_err(call(SEND | LMP_CAPS(2) | LMP_GIVE(0), SLOT(ENDPOINT), two(8, 40), 0, 0, 0),
               SYS_ERR_CAP_NOT_COPYABLE);
    assert_int_equal(sender.slots[8].cap.type, ObjType_Frame);
    assert_ok(call(SEND | LMP_CAPS(2) | LMP_GIVE(0) | LMP_GIVE(1), SLOT(40), two(8, 40), 0, 0, 0));
    assert_empty(linked);
    assert_int_equal(receiver.slots[11].cap.type, ObjType_EndPoint);
    assert_int_equal(ring->gone, 0);
    assert_ok(caps_delete(&receiver.slots[11]));
    assert_int_equal(ring->gone, 1);
    assert_int_equal(receiver.dcb->disp->any.delivered, 2);
    assert_int_equal(receiver.dcb->disp->arrivals[1], RING);
}

static void test_bytes(void **state)
{
    (void)state;
    const uint64_t bytes_only = SEND | LMP_CAPS(0) | LMP_FLAG_BYTES;
    unsigned char *area =
        (unsigned char *)receiver.dcb->disp
        + ROUND_UP(RING + sizeof(struct lmp_ring) + RING_SLOTS * sizeof(struct lmp_slot), 64);
    assert_ok(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT + 13, AREA_BYTES));
    assert_memory_equal(area, user_bytes + 13, AREA_BYTES);
    assert_int_equal(ring->bytes_used, AREA_BYTES);
    assert_int_equal(ring->slots_taken, 0);
    /* Not before they have been used. */
    assert_err(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT, 1), SYS_ERR_LMP_BUF_OVERFLOW);
    assert_int_equal(ring->count.delivered, 1);
    ring->bytes_used = 0;
    assert_err(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT, AREA_BYTES + 1), SYS_ERR_INVALID_ARGUMENT);
    assert_err(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT, LMP_AREA_MAX_BYTES + 1),
               SYS_ERR_INVALID_ARGUMENT);
    assert_err(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT, UINT64_MAX), SYS_ERR_INVALID_ARGUMENT);
    assert_err(call(bytes_only, SLOT(ENDPOINT), 0, 0, USER_AT + USER_BYTES - 10, 11),
               SYS_ERR_INVALID_USER_ADDRESS);
    assert_int_equal(ring->bytes_used, 0);
    /* Capabilities and bytes: both, or neither. */
    give_slots(10, 1);
    assert_err(call(SEND | LMP_CAPS(1) | LMP_FLAG_BYTES | LMP_GIVE(0), SLOT(ENDPOINT), two(8, 9), 0,
                    USER_AT + USER_BYTES, 4),
               SYS_ERR_INVALID_USER_ADDRESS);
    assert_int_equal(sender.slots[8].cap.type, ObjType_Frame);
    assert_err(call(SEND | LMP_CAPS(2) | LMP_FLAG_BYTES, SLOT(ENDPOINT), two(8, 9), 0, USER_AT, 4),
               SYS_ERR_LMP_CAP_NO_SLOT);
    assert_int_equal(ring->bytes_used, 0);
    assert_ok(call(SEND | LMP_CAPS(1) | LMP_FLAG_BYTES, SLOT(ENDPOINT), two(8, 9), 0, USER_AT + 5, 4));
    assert_int_equal(ring->bytes_used, 4);
    assert_memory_equal(area, user_bytes + 5, 4);
    assert_int_equal(receiver.slots[10].cap.type, ObjType_Frame);
    /* Without the flag for capabilities the one for bytes says nothing. */
    assert_ok(call(SEND | LMP_FLAG_BYTES, SLOT(ENDPOINT), 0, 0, UINT64_MAX, 1));
}

/// A receiver that waits gets the words in its registers, and the rest where it wants it.
static void test_handed_over(void **state)
{
    (void)state;
    give_slots(10, 2);
    receiver.dcb->wait = LMP_WAIT_ANY;
    assert_ok(call(SEND | LMP_CAPS(2) | LMP_FLAG_BYTES | LMP_FLAG_SYNC, SLOT(ENDPOINT), two(8, 9), 0, USER_AT,
                   100));
    assert_ptr_equal(switched_to, receiver.dcb);
    const uint64_t *x = receiver.dcb->disp->save_enabled.x;
    assert_int_equal(x[0], SYS_ERR_OK);
    assert_int_equal((uint32_t)x[1], RING);
    assert_int_equal(x[9], 8);
    assert_int_equal(ring->count.delivered, 0);
    assert_int_equal(receiver.dcb->disp->any.delivered, 0);
    assert_int_equal(ring->slots_taken, 2);
    assert_int_equal(ring->bytes_used, 100);
    /* One that waits, and has no slot, goes on waiting. */
    receiver.dcb->wait = RING;
    assert_err(call(SEND | LMP_CAPS(1), SLOT(ENDPOINT), two(8, 9), 0, 0, 0), SYS_ERR_LMP_CAP_NO_SLOT);
    assert_int_equal(receiver.dcb->wait, RING);
}

/// Whoever waits learns that a linked capability is gone; whoever is about to wait for that ring does not.
static void test_gone(void **state)
{
    (void)state;
    assert_ok(caps_mint(&sender.slots[40], &sender.slots[ENDPOINT], 0, 0));
    receiver.dcb->wait = RING;
    assert_ok(caps_delete(&sender.slots[40]));
    assert_int_equal(ring->gone, 1);
    assert_int_equal(receiver.dcb->wait, WAIT_NONE);
    assert_int_equal(receiver.dcb->disp->save_enabled.x[0], SYS_ERR_LMP_WAIT_INTERRUPTED);
    /* The sender has such a ring itself. */
    struct lmp_ring *own = (struct lmp_ring *)((char *)sender.dcb->disp + RING);
    assert_ok(call(SYS_LMP, RING << 32, 0, 0, 0, 0));
    assert_null(switched_to);
    sender.dcb->wait = WAIT_NONE;
    own->gone = 1;
    assert_ok(call(SYS_LMP, RING << 32, 0, 0, 0, 0));
    assert_ptr_equal(switched_to, sender.dcb);
    /* At the end of the frame there is no room for a ring, and nothing behind it is read. */
    assert_ok(call(SYS_LMP, (FRAME_BYTES - 8) << 32, 0, 0, 0, 0));
    sender.dcb->wait = WAIT_NONE;
    assert_err(call(SYS_LMP, FRAME_BYTES << 32, 0, 0, 0, 0), SYS_ERR_LMP_ENDPOINT_RANGE);
    /* A dispatcher that has ended is not told, and its frame not written to. */
    assert_ok(caps_mint(&sender.slots[40], &sender.slots[ENDPOINT], 0, 0));
    receiver.dcb->state = DISPATCHER_STATE_ENDED;
    receiver.dcb->disp = NULL;
    assert_ok(caps_delete(&sender.slots[40]));
    assert_err(call(SEND, SLOT(ENDPOINT), 0, 0, 0, 0), SYS_ERR_LMP_NO_TARGET);
}

static void test_arrivals(void **state)
{
    (void)state;
    struct dispatcher_shared *disp = receiver.dcb->disp;
    for (unsigned i = 0; i < 200; i++) {
        assert_ok(call(SEND, SLOT(ENDPOINT), 0, 0, 0, 0));
        ring->count.consumed++;
    }
    assert_int_equal(disp->any.delivered, 200);
    for (unsigned i = 0; i < LMP_ARRIVALS; i++) {
        assert_int_equal(disp->arrivals[i], RING);
    }
    disp->any.delivered = UINT32_MAX;
    assert_ok(call(SEND, SLOT(ENDPOINT), 0, 0, 0, 0));
    assert_int_equal(disp->any.delivered, 0);
}

/* Anything at all */

static unsigned any_slot(struct random *random)
{
    return (unsigned)random_below(random, SLOTS);
}

static uint64_t any_address(struct random *random)
{
    return random_below(random, 16) ? SLOT(any_slot(random)) : (uint32_t)random_next(random);
}

static void scramble_ring(struct random *random)
{
    for (unsigned i = 0; i < LMP_RECV_SLOTS; i++) {
        ring->recv_slots[i] = (capaddr_t)any_address(random);
    }
    ring->slots_taken = (uint32_t)random_next(random);
    ring->slots_given = ring->slots_taken
                        + (uint32_t)(random_below(random, 8) ? random_below(random, 9) : random_next(random));
    ring->bytes_used = random_below(random, 4) == 0;
    ring->count.delivered = (uint32_t)random_next(random);
    ring->count.consumed = ring->count.delivered - (uint32_t)random_below(random, RING_SLOTS + 2);
    receiver.dcb->disp->any.delivered = (uint32_t)random_next(random);
    const uint64_t waits[] = {WAIT_NONE, WAIT_UPCALL, RING, LMP_WAIT_ANY, RING + 64};
    receiver.dcb->wait = waits[random_below(random, 5)];
    sender.dcb->wait = WAIT_NONE;
}

/// Capabilities come and go, so that slots of both sides are sometimes empty and sometimes not.
static void change_slots(struct random *random)
{
    struct cte *from = &(random_below(random, 2) ? sender : receiver)
                            .slots[FIRST_CAP + random_below(random, SLOTS - FIRST_CAP)];
    struct cte *to = &sender.slots[FIRST_CAP + random_below(random, SLOTS - FIRST_CAP)];
    switch (random_below(random, 4)) {
    case 0:
        if (mdb_has_copies(from)) {
            caps_delete(from);
        }
        break;
    case 1:
        caps_mint(to, &sender.slots[ENDPOINT], random_below(random, 2) ? 0 : CAPRIGHTS_ALL, 0);
        break;
    default:
        caps_move(to, from);
    }
}

struct snapshot {
    struct capability caps[2][SLOTS];
    struct lmp_ring ring;
};

static void take_snapshot(struct snapshot *snapshot)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        snapshot->caps[0][i] = sender.slots[i].cap;
        snapshot->caps[1][i] = receiver.slots[i].cap;
    }
    snapshot->ring = *ring;
}

static unsigned filled(const struct capability *caps)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        count += caps[i].type != ObjType_Null;
    }
    return count;
}

static void test_random(void **state)
{
    (void)state;
    static struct snapshot before, after;
    struct random random = random_from_seed(1);
    unsigned sent = 0, with_caps = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        change_slots(&random);
        scramble_ring(&random);
        take_snapshot(&before);
        const uint64_t x0 = SYS_LMP | (random_next(&random) & 0xfff0ff00 & ~(1UL << 19))
                            | random_below(&random, 9) << LMP_COUNT_SHIFT;
        const uint64_t bytes =
            random_below(&random, 4) ? 1 + random_below(&random, AREA_BYTES) : random_next(&random);
        const errval_t err = call(x0, random_below(&random, 8) ? SLOT(ENDPOINT) : any_address(&random),
                                  any_address(&random) | any_address(&random) << 32,
                                  any_address(&random) | any_address(&random) << 32,
                                  random_below(&random, 4) ? USER_AT + random_below(&random, USER_BYTES)
                                                           : random_next(&random),
                                  bytes);
        take_snapshot(&after);
        if (err_is_fail(err)) {
            assert_memory_equal(before.caps, after.caps, sizeof(before.caps));
            assert_memory_equal(&before.ring, &after.ring, sizeof(before.ring));
        } else {
            const unsigned count = x0 & LMP_FLAG_CAP ? ((x0 >> LMP_CAPS_SHIFT) + 1) & LMP_CAPS_MASK : 0;
            unsigned given = 0;
            for (unsigned i = 0; i < count; i++) {
                given += x0 >> (LMP_GIVE_SHIFT + i) & 1;
            }
            assert_int_equal(filled(after.caps[1]), filled(before.caps[1]) + count);
            assert_int_equal(filled(after.caps[0]), filled(before.caps[0]) - given);
            assert_int_equal(after.ring.slots_taken, before.ring.slots_taken + count);
            sent++;
            with_caps += count > 1;
        }
        if (sender.slots[ENDPOINT].cap.type == ObjType_Null) { // given away
            for (unsigned i = 0; i < SLOTS; i++) {
                if (receiver.slots[i].cap.type == ObjType_EndPoint
                    && receiver.slots[i].cap.rights == CAPRIGHTS_ALL) {
                    assert_ok(caps_move(&sender.slots[ENDPOINT], &receiver.slots[i]));
                    break;
                }
            }
        }
        if (step % 256 == 0) {
            assert_sound();
            check_guards(&sender);
            check_guards(&receiver);
        }
    }
    assert_true(sent > STEPS / 100 && with_caps > STEPS / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_four, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_or_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_endpoints_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_handed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arrivals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
