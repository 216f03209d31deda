/**
 * Wakes from other cores, and who is told of them: dispatchers join and leave groups, wait and look at their
 * news at random, more of them than are told in one interrupt. Nobody who was in a group when a wake came
 * stays without it.
 *
 * Sources: kernel/dispatch/wake.c
 * Fakes:   tests/host/fake_arch
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <arch/armv8/sgi.h>
#include <core/core.h>
#include <dispatch/dispatch.h>
#include <dispatch/wake.h>
#include <dispatch/wakeup.h>

#define DISPATCHERS 50
#define GROUPS      3
#define SEEDS       100
#define STEPS       5000
#define OWN_CORE    2
#define TOLD_MAX    16 ///< In one interrupt, as wake.c has it.

static struct {
    struct dcb dcb;
    struct dispatcher_shared shared;
    bool is_owed;  ///< A wake of its group has come, of which it has not been told.
    bool has_news; ///< Of a wake, and has not looked.
    bool upcall;   ///< Gets its run upcall.
} dispatchers[DISPATCHERS];

static bool pending; ///< The core has sent itself an interrupt.
static unsigned told;

static unsigned random_below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

static unsigned number_of(const struct dcb *dcb)
{
    return dcb->number;
}

coreid_t core_number(void)
{
    return OWN_CORE;
}

void sgi_send(unsigned core, unsigned sgi)
{
    assert_int_equal(core, OWN_CORE);
    assert_int_equal(sgi, GIC_SGI_CONTINUE);
    pending = true;
}

void lmp_note_wake(struct dcb *dcb)
{
    dispatchers[number_of(dcb)].has_news = true;
    dcb->disp->any.delivered++;
    dcb->wait = WAIT_NONE;
    told++;
}

void wakeup_notify(struct dcb *dcb)
{
    assert_true(dcb->disp->busy && dcb->wait == WAIT_NONE);
    dispatchers[number_of(dcb)].upcall = true;
}

static void set_up(void)
{
    memset(dispatchers, 0, sizeof(dispatchers));
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        dispatchers[i].dcb.number = i;
        dispatchers[i].dcb.disp = &dispatchers[i].shared;
        dispatchers[i].dcb.wait = WAIT_NONE;
        dispatchers[i].dcb.wake_group = WAKE_NO_GROUP;
        // Its counters may be anywhere, also about to wrap around.
        dispatchers[i].shared.any.delivered = UINT32_MAX - random_below(8);
        dispatchers[i].shared.any.consumed = dispatchers[i].shared.any.delivered;
    }
}

/// Takes the interrupts that the core sends itself, until there are none.
static void settle(void)
{
    for (unsigned rounds = 0; pending; rounds++) {
        assert_true(rounds < GROUPS * (DISPATCHERS / TOLD_MAX + 1));
        pending = false;
        told = 0;
        wake_go_on();
        assert_true(told <= TOLD_MAX);
        wake_continue();
    }
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        if (dispatchers[i].is_owed) {
            assert_true(dispatchers[i].has_news);
            assert_true(dispatchers[i].dcb.wait == WAIT_NONE);
            assert_true(!dispatchers[i].shared.busy || dispatchers[i].upcall);
        }
        dispatchers[i].is_owed = false;
        dispatchers[i].upcall = false;
    }
}

static void wake(unsigned group)
{
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        dispatchers[i].is_owed |= dispatchers[i].dcb.wake_group == group;
    }
    told = 0;
    wake_group(group);
    assert_true(told <= TOLD_MAX);
    wake_continue();
}

static void step(void)
{
    const unsigned i = random_below(DISPATCHERS);
    struct dcb *dcb = &dispatchers[i].dcb;
    struct lmp_count *any = &dispatchers[i].shared.any;
    switch (random_below(8)) {
    case 0:
        wake(random_below(GROUPS));
        break;
    case 1:
        wake_set_group(dcb, random_below(4) ? (uint8_t)random_below(GROUPS) : WAKE_NO_GROUP);
        dispatchers[i].is_owed = false; // it looks for itself when it joins
        dispatchers[i].has_news = false;
        any->consumed = any->delivered;
        break;
    case 2:
        any->delivered++; // a message
        dcb->wait = WAIT_NONE;
        break;
    case 3:
    case 4: // all news have been seen, and perhaps it waits for more
        if (!dispatchers[i].is_owed) {
            any->consumed = any->delivered;
            dispatchers[i].has_news = false;
            dispatchers[i].shared.busy = random_below(3) == 0;
            dcb->wait = random_below(2) && !dispatchers[i].shared.busy ? LMP_WAIT_ANY : WAIT_NONE;
        }
        break;
    case 5: // a wait for one endpoint, which is none for news
        if (!dispatchers[i].is_owed && !dispatchers[i].shared.busy) {
            dcb->wait = 4096;
        }
        break;
    case 6:
        if (random_below(16) == 0) {
            for (unsigned all = 0; all < DISPATCHERS; all++) {
                dispatchers[all].is_owed |= dispatchers[all].dcb.wake_group != WAKE_NO_GROUP;
            }
            wake_all();
        }
        break;
    default:
        settle();
        break;
    }
}

static void test_random(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        srand(seed);
        set_up();
        for (unsigned i = 0; i < STEPS; i++) {
            step();
        }
        settle();
        for (unsigned i = 0; i < DISPATCHERS; i++) {
            wake_set_group(&dispatchers[i].dcb, WAKE_NO_GROUP);
        }
        told = 0;
        for (unsigned group = 0; group < GROUPS; group++) {
            wake_group(group);
        }
        assert_int_equal(told, 0);
        pending = false;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
