/**
 * The kernel's scheduler of dispatchers, with slices, wake-ups and upcalls, on a core and a clock of the
 * test.
 *
 * Dispatchers do at random what dispatchers can do. After each step the timer is set for what is to come and
 * for nothing else; nobody runs who waits; who asked to be woken gets the run upcall before long, and nobody
 * gets it while disabled.
 *
 * Sources: kernel/dispatch/schedule.c kernel/dispatch/wakeup.c kernel/dispatch/upcall.c
 * Sources: lib/collections/deadlines.c
 * Fakes:   tests/host/fake_arch
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <arch/armv8/gic.h>
#include <arch/armv8/switch.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>
#include <dispatch/dispatch.h>
#include <dispatch/interrupt.h>
#include <dispatch/wakeup.h>
#include <trace/drain.h>

#define DISPATCHERS 12 ///< More than are woken in one interrupt.
#define HZ          8000000UL
#define SLICE_US    100
#define SLICE_TICKS (SLICE_US * HZ / 1000000)
#define SEEDS       200
#define STEPS       3000
#define ANY_RING    1408

static struct {
    struct dcb dcb;
    struct dispatcher_shared shared;
    uint64_t asked; ///< When it wants its upcall; 0: it does not.
} dispatchers[DISPATCHERS];

static struct dcb *current;
static uint64_t now = 1, timer_at; ///< The timer is off at 0.
static jmp_buf user_level;

static unsigned random_below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

static unsigned number_of(const struct dcb *dcb)
{
    return dcb->number - 1;
}

/* The core */

uint64_t timer_counter(void)
{
    return now;
}

uint64_t timer_counter_hz(void)
{
    return HZ;
}

void timer_init(void)
{
}

void timer_arm_at(uint64_t when)
{
    timer_at = when;
}

void timer_disarm(void)
{
    timer_at = 0;
}

void gic_enable(unsigned irq)
{
    assert_int_equal(irq, GIC_TIMER_IRQ);
}

struct dcb *dcb_current(void)
{
    return current;
}

void switch_to(struct dcb *dcb)
{
    assert_true(dcb->wait == WAIT_NONE);
    assert_int_equal(dcb->state, DISPATCHER_STATE_RUNS);
    current = dcb;
}

void switch_to_idle(void)
{
    current = NULL;
}

void on_empty_stack(void (*function)(void))
{
    function();
    abort();
}

void restore_registers(const struct registers *registers)
{
    const struct dispatcher_shared *shared = current->disp;
    assert_ptr_equal(registers, shared->disabled ? &shared->save_disabled : &shared->save_enabled);
    longjmp(user_level, 1);
}

/// The run upcall: nobody who is disabled gets it, and what was to be woken for is over.
void enter_upcall(lvaddr_t pc, lvaddr_t sp, uint64_t argument0, uint64_t argument1, uint64_t argument2)
{
    assert_true(current->disp->disabled); // for the upcall itself
    assert_int_equal(pc, 1);
    (void)sp, (void)argument0, (void)argument1, (void)argument2;
    if (dispatchers[number_of(current)].asked <= now) {
        dispatchers[number_of(current)].asked = 0;
    }
    longjmp(user_level, 1);
}

void dispatcher_end(struct dcb *dcb, unsigned reason, uint64_t address, uint64_t pc)
{
    (void)dcb, (void)reason, (void)address, (void)pc;
    fail();
}

size_t trace_drain_frame(bool final)
{
    (void) final;
    return 0;
}

void interrupt_handle(void)
{
    for (unsigned rounds = 0; timer_at && timer_at <= now; rounds++) {
        assert_true(rounds < 3);
        schedule_timer_interrupt();
    }
}

/// Nobody can run: the timer wakes somebody, or else a device does.
void wfi(void)
{
    if (timer_at && random_below(4)) {
        now = timer_at > now ? timer_at : now;
        return;
    }
    struct dcb *dcb = &dispatchers[random_below(DISPATCHERS)].dcb;
    if (dcb->wait != WAIT_NONE) {
        schedule_end_wait(dcb);
    }
}

/* What dispatchers do */

static void wake_somebody(void)
{
    struct dcb *dcb = &dispatchers[random_below(DISPATCHERS)].dcb;
    if (dcb->wait != WAIT_NONE) {
        schedule_end_wait(dcb);
    } else if (dcb != current) {
        wakeup_notify(dcb); // as the interrupt of a device does for a busy one
    }
}

static void time_passes(unsigned ticks)
{
    now += ticks;
    if (timer_at && timer_at <= now) {
        interrupt_handle();
        schedule_after_interrupt();
    }
}

/// One step of the current dispatcher. May not return.
static void step(void)
{
    struct dispatcher_shared *shared = current->disp;
    uint64_t *asked = &dispatchers[number_of(current)].asked;
    switch (random_below(8)) {
    case 0:
        shared->disabled = !shared->disabled;
        break;
    case 1:
        *asked = random_below(5) ? now + random_below(3 * SLICE_TICKS) : 0;
        wakeup_ask(current, *asked);
        break;
    case 2:
        schedule_want_slices(current, random_below(2));
        break;
    case 3: // yield, or sleep if disabled
        if (shared->disabled) {
            shared->disabled = 0;
            schedule_sleep(current);
        } else {
            current->resume_enabled = true;
            schedule_make_runnable(current);
        }
        schedule();
    case 4: // wait for a message
        if (!shared->disabled && random_below(3) == 0) {
            current->wait = ANY_RING;
            schedule();
        }
        break;
    case 5:
        wake_somebody();
        break;
    default:
        time_passes(random_below(SLICE_TICKS / 2));
    }
}

static void check(void)
{
    bool slices = false;
    uint64_t wake = 0;
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        const struct dcb *dcb = &dispatchers[i].dcb;
        slices |= dcb->queued || (dcb->wants_slices && dcb->wait != WAIT_UPCALL);
        const uint64_t when = dcb->wakeup.when;
        wake = when != WAKEUP_NEVER && (wake == 0 || when < wake) ? when : wake;
        // Who is to be woken is in the heap, or known to be late because it is disabled or has not had its
        // turn.
        assert_true(!dispatchers[i].asked || dispatchers[i].asked > now || dcb->wakeup.when != WAKEUP_NEVER
                    || dcb->notified || dcb->wait == WAIT_NONE);
    }
    assert_true(!slices || (timer_at && timer_at <= now + SLICE_TICKS));
    assert_true(!wake || (timer_at && timer_at <= (wake > now ? wake : now + SLICE_TICKS)));
}

/// Everybody runs enabled for a while: no wish stays open.
static void settle(void)
{
    for (volatile unsigned i = 0; i < 20 * DISPATCHERS; i++) {
        if (setjmp(user_level) == 0) {
            current->disp->disabled = 0;
            time_passes(SLICE_TICKS);
        }
    }
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        assert_int_equal(dispatchers[i].asked, 0);
        assert_false(dispatchers[i].dcb.notified);
    }
}

static void end_all(void)
{
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        struct dcb *dcb = &dispatchers[i].dcb;
        schedule_remove(dcb);
        schedule_want_slices(dcb, false);
        wakeup_forget(dcb);
    }
    schedule_set_timer();
}

static void start_all(void)
{
    memset(dispatchers, 0, sizeof(dispatchers));
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        struct dcb *dcb = &dispatchers[i].dcb;
        dcb->number = i + 1;
        dcb->disp = &dispatchers[i].shared;
        dcb->disp->upcall_run = 1;
        dcb->wait = WAIT_NONE;
        dcb->state = DISPATCHER_STATE_RUNS;
        dcb->wake_at = dcb->retry_at = dcb->wakeup.when = WAKEUP_NEVER;
        schedule_make_runnable(dcb);
    }
}

static void everything_at_random(void **state)
{
    (void)state;
    schedule_init(SLICE_US);
    for (volatile unsigned seed = 0; seed < SEEDS; seed++) {
        srand(seed);
        current = NULL;
        start_all();
        if (setjmp(user_level) == 0) {
            schedule();
        }
        for (volatile unsigned i = 0; i < STEPS; i++) {
            if (setjmp(user_level) == 0) {
                step();
            }
            check();
        }
        settle();
        end_all();
    }
}

/// The timer is on for nobody who runs alone and asked for nothing, and off while all sleep.
static void no_timer_without_need(void **state)
{
    (void)state;
    current = NULL;
    start_all();
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        schedule_want_slices(&dispatchers[i].dcb, true);
    }
    for (volatile unsigned i = 0; i + 1 < DISPATCHERS; i++) {
        if (setjmp(user_level) == 0) {
            if (i == 0) {
                schedule();
            }
        }
        current->disp->disabled = 0;
        schedule_sleep(current);
        if (setjmp(user_level) == 0) {
            schedule();
        }
    }
    assert_int_not_equal(timer_at, 0); // the last one wants slices
    schedule_want_slices(current, false);
    current->disp->disabled = 0;
    if (setjmp(user_level) == 0) {
        time_passes(2 * SLICE_TICKS);
    }
    assert_int_equal(timer_at, 0);
    wakeup_ask(current, now + 1000);
    assert_int_equal(timer_at, now + 1000);
    wakeup_ask(current, 0);
    assert_int_equal(timer_at, 0);
    end_all();
}

/// When many are to be woken at the same time the kernel lets domains run in between.
static void many_wake_up_in_pieces(void **state)
{
    (void)state;
    current = NULL;
    start_all();
    const uint64_t when = now + 10 * SLICE_TICKS;
    for (volatile unsigned i = 0; i + 1 < DISPATCHERS; i++) {
        if (setjmp(user_level) == 0) {
            if (i == 0) {
                schedule();
            }
        }
        wakeup_ask(current, when);
        schedule_sleep(current);
        if (setjmp(user_level) == 0) {
            schedule();
        }
        current->disp->disabled = 0;
    }
    now = when;
    schedule_timer_interrupt();
    unsigned asleep = 0;
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        asleep += dispatchers[i].dcb.wait != WAIT_NONE;
    }
    assert_true(asleep > 0 && asleep < DISPATCHERS - 1);
    assert_true(timer_at > now && timer_at < now + SLICE_TICKS);
    now = timer_at;
    schedule_timer_interrupt();
    for (unsigned i = 0; i < DISPATCHERS; i++) {
        assert_true(dispatchers[i].dcb.wait == WAIT_NONE);
    }
    end_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_at_random),
        cmocka_unit_test(no_timer_without_need),
        cmocka_unit_test(many_wake_up_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
