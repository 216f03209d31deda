/**
 * The general path of messages: several capabilities and bytes go along whole or not at all, whatever the
 * receiver has written into its ring.
 *
 * Sources: kernel/cap kernel/dispatch/lmp.c
 * Sources: tests/host/arena.c tests/host/fake_kernel.c tests/host/lmp_fixture.c
 * Fakes:   tests/host/fake_arch
 */
#include "check.h"
#include "lmp_fixture.h"

#include <cap/mdb.h>

/// Slots first, first + 1, ... are ready for capabilities.
static void give_slots(unsigned first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ring->recv_slots[ring->slots_given++ % LMP_RECV_SLOTS] = SLOT(first + i);
    }
}

static uint64_t two(unsigned first, unsigned second)
{
    return (uint64_t)SLOT(first) | (uint64_t)SLOT(second) << 32;
}

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
    for (unsigned i = 0; i < CAPS; i++) {
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
    /* More are taken than were given: the receiver was about to take some back. */
    ring->slots_taken = 1;
    ring->slots_given = 0;
    assert_err(call(SEND | LMP_CAPS(1), SLOT(ENDPOINT), two(8, 9), 0, 0, 0), SYS_ERR_LMP_CAP_NO_SLOT);
    ring->slots_taken = 0;
    ring->slots_given = 4;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_four, lmp_set_up, lmp_tear_down),
        cmocka_unit_test_setup_teardown(test_all_or_nothing, lmp_set_up, lmp_tear_down),
        cmocka_unit_test_setup_teardown(test_endpoints_along, lmp_set_up, lmp_tear_down),
        cmocka_unit_test_setup_teardown(test_bytes, lmp_set_up, lmp_tear_down),
        cmocka_unit_test_setup_teardown(test_handed_over, lmp_set_up, lmp_tear_down),
        cmocka_unit_test_setup_teardown(test_gone, lmp_set_up, lmp_tear_down),
        cmocka_unit_test_setup_teardown(test_arrivals, lmp_set_up, lmp_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
