/**
 * Round robin over the dispatchers that can run, with a time slice.
 *
 * The queue holds every dispatcher that can run but the current one; it may also hold some that wait, because
 * the message fast path leaves the queue alone, and those are shed when they come to the front. While the
 * queue holds anybody, the timer is armed: the fast path relies on it when it leaves a sender that can go on.
 * It is also armed while any dispatcher wants slices for its own threads: the fast path changes who runs
 * without looking at it, so the one that runs may not be the one that wants them.
 */
#include <arch/armv8/fp.h>
#include <arch/armv8/gic.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/switch.h>
#include <arch/armv8/map.h>
#include <arch/armv8/timer.h>
#include <dispatch/dispatch.h>
#include <dispatch/interrupt.h>
#include <trace/drain.h>
#include <trace/emit.h>

static struct dcb *queue_head, *queue_tail;
static uint64_t slice_ticks;
static bool timer_armed;
static unsigned wants_slices; ///< Dispatchers that want the end of a slice for themselves.

void schedule_init(uint64_t slice_us)
{
    slice_ticks = slice_us * timer_counter_hz() / 1000000;
    if (slice_ticks == 0) {
        slice_ticks = 1;
    }
    gic_enable(GIC_TIMER_IRQ);
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

static void slice_start(void)
{
    timer_arm(slice_ticks);
    timer_armed = true;
}

static void slice_stop(void)
{
    if (timer_armed) {
        timer_disarm();
        timer_armed = false;
    }
}

void schedule_timer_quiet(void)
{
    slice_stop();
}

void schedule_make_runnable(struct dcb *dcb)
{
    if (dcb->queued) {
        return;
    }
    queue_append(dcb);
    if (!timer_armed) {
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
        if (trace_drain_frame(false) == 0) {
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

void schedule_slice_over(void)
{
    if (queue_head != NULL) {
        schedule();
    }
    if (wants_slices != 0) {
        struct dcb *current = dcb_current();
        slice_start();
        if (current->wants_slices && !current->disp->disabled) {
            dispatch(current);
        }
    }
}

void schedule_want_slices(struct dcb *dcb, bool wants)
{
    if (dcb->wants_slices == wants) {
        return;
    }
    dcb->wants_slices = wants;
    wants_slices += wants ? 1 : -1U;
    if (wants && !timer_armed) {
        slice_start();
    }
}
