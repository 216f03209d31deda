/**
 * Round robin over the dispatchers that can run, with a time slice.
 *
 * The queue holds every dispatcher that can run but the current one; it may also hold some that wait, because
 * the message fast path leaves the queue alone, and those are shed when they come to the front. While the
 * queue holds anybody, a slice runs: the fast path relies on it when it leaves a sender that can go on.
 * One also runs while any dispatcher that does not sleep wants slices for its own threads: the fast path
 * changes who runs without looking at it, so the one that runs may not be the one that wants them.
 *
 * The timer is set to the end of the slice or the next wake-up (wakeup.c), and is off if there is neither.
 */
#include <arch/armv8/fp.h>
#include <arch/armv8/gic.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/switch.h>
#include <arch/armv8/map.h>
#include <arch/armv8/timer.h>
#include <dispatch/dispatch.h>
#include <dispatch/interrupt.h>
#include <dispatch/wakeup.h>
#include <trace/drain.h>
#include <trace/emit.h>

#define MICROSECONDS_PER_SECOND 1000000

static struct dcb *queue_head, *queue_tail;
static uint64_t slice_ticks;
static uint64_t slice_end =
    WAKEUP_NEVER;                        ///< When the current slice is over; WAKEUP_NEVER: there is no slice.
static uint64_t timer_at = WAKEUP_NEVER; ///< What the timer is set to.
static unsigned
    wants_slices;       ///< Dispatchers that want the end of a slice for themselves, but those that sleep.
static bool slice_over; ///< The slice ended in the interrupt that is being handled,
static bool upcall_current; ///< or the current dispatcher is to have its run upcall after it.

void schedule_init(uint64_t slice_us)
{
    slice_ticks = slice_us * timer_counter_hz() / MICROSECONDS_PER_SECOND;
    if (slice_ticks == 0) {
        slice_ticks = 1;
    }
    timer_init();
    gic_enable(GIC_TIMER_IRQ);
}

void schedule_resume(void)
{
    timer_init();
    gic_enable(GIC_TIMER_IRQ);
    if (timer_at == WAKEUP_NEVER) {
        timer_disarm();
    } else {
        timer_arm_at(timer_at);
    }
}

static void queue_append(struct dcb *dcb)
{
    dcb->queued = true;
    dcb->next = NULL;
    dcb->previous = queue_tail;
    if (queue_tail != NULL) {
        queue_tail->next = dcb;
    } else {
        queue_head = dcb;
    }
    queue_tail = dcb;
}

void schedule_remove(struct dcb *dcb)
{
    if (!dcb->queued) {
        return;
    }
    if (dcb->previous != NULL) {
        dcb->previous->next = dcb->next;
    } else {
        queue_head = dcb->next;
    }
    if (dcb->next != NULL) {
        dcb->next->previous = dcb->previous;
    } else {
        queue_tail = dcb->previous;
    }
    dcb->queued = false;
}

void schedule_set_timer(void)
{
    uint64_t next = wakeup_next();
    if (slice_end < next) {
        next = slice_end;
    }
    if (next != timer_at) {
        timer_at = next;
        if (next == WAKEUP_NEVER) {
            timer_disarm();
        } else {
            timer_arm_at(next);
        }
    }
}

static void slice_start(void)
{
    slice_end = timer_counter() + slice_ticks;
    schedule_set_timer();
}

static void slice_stop(void)
{
    slice_end = WAKEUP_NEVER;
    schedule_set_timer();
}

void schedule_timer_interrupt(void)
{
    const uint64_t now = timer_counter();
    if (slice_end <= now) {
        slice_end = WAKEUP_NEVER;
        slice_over = true;
    }
    wakeup_due(now);
    schedule_set_timer();
    if (timer_at <= now) {
        // More are due than are woken in one go: domains run in between.
        timer_at = timer_counter() + timer_counter_hz() / MICROSECONDS_PER_SECOND;
        timer_arm_at(timer_at);
    }
}

void schedule_make_runnable(struct dcb *dcb)
{
    if (dcb->queued) {
        return;
    }
    queue_append(dcb);
    if (slice_end == WAKEUP_NEVER) {
        slice_start();
    }
}

static bool can_run(const struct dcb *dcb)
{
    return dcb->state == DISPATCHER_STATE_RUNS && dcb->wait == WAIT_NONE;
}

/// Takes the first dispatcher that can run out of the queue; NULL if there is none.
static struct dcb *queue_take(void)
{
    while (queue_head != NULL) {
        struct dcb *dcb = queue_head;
        schedule_remove(dcb);
        if (can_run(dcb)) {
            return dcb;
        }
    }
    return NULL;
}

/// Nothing to run: sends trace records, then sleeps until an interrupt makes somebody runnable.
static _Noreturn void idle(void)
{
    struct dcb *next;
    while ((next = queue_take()) == NULL) {
        if (trace_drain_frame(false) == 0) { // the first core's business; nothing on the others
            wfi();
        }
        interrupt_handle();
    }
    slice_start();
    dispatch(next);
}

void schedule(void)
{
    struct dcb *current = dcb_current();
    if (current != NULL && can_run(current) && !current->queued) {
        queue_append(current);
    }
    struct dcb *next = queue_take();
    if (next == NULL) {
        slice_stop();
        switch_to_idle();
        on_empty_stack(idle);
    }
    if (queue_head != NULL || wants_slices != 0) {
        slice_start();
    } else {
        slice_stop();
    }
    dispatch(next);
}

void schedule_after_interrupt(void)
{
    struct dcb *current = dcb_current();
    bool upcall = upcall_current;
    upcall_current = false;
    if (slice_over) {
        slice_over = false;
        if (queue_head != NULL) {
            schedule();
        }
        if (wants_slices != 0) {
            slice_start();
            upcall |= current->wants_slices;
        }
    }
    if (upcall && !current->disp->disabled) {
        dispatch(current);
    }
}

void schedule_want_slices(struct dcb *dcb, bool wants)
{
    if (dcb->wants_slices == wants) {
        return;
    }
    dcb->wants_slices = wants;
    if (dcb->wait != WAIT_UPCALL) {
        wants_slices += wants ? 1 : -1U;
    }
    if (wants_slices != 0 && slice_end == WAKEUP_NEVER) {
        slice_start();
    }
}

void schedule_sleep(struct dcb *dcb)
{
    dcb->wait = WAIT_UPCALL;
    wants_slices -= dcb->wants_slices;
}

void schedule_end_wait(struct dcb *dcb)
{
    if (dcb->wait == WAIT_UPCALL) {
        wants_slices += dcb->wants_slices;
    } else {
        dcb->disp->save_enabled.x[0] = SYS_ERR_LMP_WAIT_INTERRUPTED;
        dcb->disp->save_enabled.x[1] = 0;
    }
    dcb->wait = WAIT_NONE;
    schedule_make_runnable(dcb);
}

void schedule_upcall(struct dcb *dcb)
{
    if (dcb == dcb_current()) {
        upcall_current = true;
    } else {
        dcb->resume_enabled = false;
    }
}
