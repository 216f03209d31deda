/**
 * Random messages with random attachments, to a ring in which anything may stand: an error changes nothing, a
 * success moves what it says, and the kernel writes nowhere but into the receiver's frame.
 *
 * Sources: kernel/cap kernel/dispatch/lmp.c
 * Sources: tests/host/arena.c tests/host/fake_kernel.c tests/host/lmp_fixture.c
 * Fakes:   tests/host/fake_arch
 */
#include "check.h"
#include "lmp_fixture.h"

#include <cap/mdb.h>

#define STEPS 60000

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
            check_guards();
        }
    }
    assert_true(sent > STEPS / 100 && with_caps > STEPS / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random, lmp_set_up, lmp_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
