/**
 * Wake-ups: a heap of dispatchers by time, with its links in the DCBs.
 *
 * No wake-up is lost. One that comes while its dispatcher is disabled cannot be an upcall, and the end of a
 * disabled section is a store that the kernel does not see: so it is tried again after a little time, which
 * is the dispatcher's own, for it is counted only while the dispatcher runs.
 */
#include <arch/armv8/timer.h>
#include <dispatch/dispatch.h>
#include <dispatch/wakeup.h>
#include <lib/collections/deadlines.h>

#define TRIES_PER_SECOND 50000 ///< 20 us: longer than a disabled section, much shorter than a slice.
#define DUE_MAX          8     ///< That are woken in one go; the kernel runs for a bounded time.

static struct deadlines asleep;

static struct dcb *dcb_of(struct deadline *deadline)
{
    return (struct dcb *)((char *)deadline - offsetof(struct dcb, wakeup));
}

/// Puts the dispatcher where it belongs among the others.
static void place(struct dcb *dcb)
{
    uint64_t when = dcb->wake_at < dcb->retry_at ? dcb->wake_at : dcb->retry_at;
    if (when == dcb->wakeup.when) {
        return;
    }
    if (dcb->wakeup.when != WAKEUP_NEVER) {
        deadlines_remove(&asleep, &dcb->wakeup);
    }
    dcb->wakeup.when = when;
    if (when != WAKEUP_NEVER) {
        deadlines_insert(&asleep, &dcb->wakeup);
    }
}

void wakeup_ask(struct dcb *dcb, uint64_t when)
{
    dcb->wake_at = when != 0 ? when : WAKEUP_NEVER;
    place(dcb);
    schedule_set_timer();
}

void wakeup_forget(struct dcb *dcb)
{
    dcb->wake_at = WAKEUP_NEVER;
    dcb->retry_at = WAKEUP_NEVER;
    place(dcb);
}

uint64_t wakeup_next(void)
{
    return asleep.first != NULL ? asleep.first->when : WAKEUP_NEVER;
}

void wakeup_due(uint64_t now)
{
    struct deadline *first;
    for (unsigned i = 0; i < DUE_MAX && (first = asleep.first) != NULL && first->when <= now; i++) {
        struct dcb *dcb = dcb_of(first);
        if (dcb->wake_at <= now) {
            dcb->wake_at = WAKEUP_NEVER;
        }
        dcb->retry_at = WAKEUP_NEVER;
        place(dcb);
        wakeup_notify(dcb);
    }
}

void wakeup_notify(struct dcb *dcb)
{
    if (dcb->state != DISPATCHER_STATE_RUNS) {
        return;
    }
    if (dcb->wait != WAIT_NONE) {
        schedule_end_wait(dcb);
    } else if (!dcb->disp->disabled) {
        schedule_upcall(dcb);
    } else if (dcb == dcb_current()) {
        wakeup_try_again(dcb);
    } else {
        dcb->notified = true;
    }
}

void wakeup_try_again(struct dcb *dcb)
{
    dcb->notified = false;
    dcb->retry_at = timer_counter() + timer_counter_hz() / TRIES_PER_SECOND;
    place(dcb);
    schedule_set_timer();
}
