/**
 * Groups of dispatchers that hear of wakes, as rings through their DCBs.
 *
 * No wake is lost: the interrupt stays pending until it is taken; whoever asked for the group then has news,
 * so that its next wait for any returns at once; and whoever waits does so no longer. Each wake is news: what
 * a domain has consumed of the ones before says nothing about what it looked at since. What the waker stored
 * before is seen by whoever hears of it.
 */
#include <arch/armv8/sgi.h>
#include <core/core.h>
#include <dispatch/dispatch.h>
#include <dispatch/wake.h>
#include <dispatch/wakeup.h>
#include <trace/emit.h>

#define TOLD_MAX 16 ///< In one interrupt; the kernel runs for a bounded time.

static struct group {
    struct dcb *next; ///< Who is told next; NULL: nobody is in the group.
    unsigned members;
    unsigned left; ///< How many are still to be told.
} groups[CORE_WAKE_GROUPS];

static uint32_t unfinished; ///< Groups with somebody left, a bit each.

static void leave(struct dcb *dcb)
{
    struct group *group = &groups[dcb->wake_group];
    group->members--;
    if (group->left > group->members) {
        group->left = group->members;
    }
    if (group->next == dcb) {
        group->next = group->members != 0 ? dcb->wake_next : NULL;
    }
    dcb->wake_next->wake_previous = dcb->wake_previous;
    dcb->wake_previous->wake_next = dcb->wake_next;
    dcb->wake_group = WAKE_NO_GROUP;
}

/// The last to be told of those that a wake before has not reached.
static void join(struct dcb *dcb, uint8_t number)
{
    struct group *group = &groups[number];
    struct dcb *next = group->next;
    if (next == NULL) {
        dcb->wake_next = dcb;
        dcb->wake_previous = dcb;
        group->next = dcb;
    } else {
        dcb->wake_next = next;
        dcb->wake_previous = next->wake_previous;
        next->wake_previous->wake_next = dcb;
        next->wake_previous = dcb;
    }
    group->members++;
    dcb->wake_group = number;
}

void wake_set_group(struct dcb *dcb, uint8_t group)
{
    if (dcb->wake_group != WAKE_NO_GROUP) {
        leave(dcb);
    }
    if (group != WAKE_NO_GROUP) {
        join(dcb, group);
    }
}

static void tell(struct dcb *dcb)
{
    lmp_note_wake(dcb); // it does not wait any more
    if (*(const volatile uint32_t *)&dcb->disp->busy) {
        wakeup_notify(dcb);
    }
}

static void tell_some(unsigned number)
{
    struct group *group = &groups[number];
    for (unsigned i = 0; i < TOLD_MAX && group->left != 0; i++) {
        struct dcb *dcb = group->next;
        group->next = dcb->wake_next;
        group->left--;
        tell(dcb);
    }
    if (group->left != 0) {
        unfinished |= 1U << number;
    } else {
        unfinished &= ~(1U << number);
    }
}

void wake_group(unsigned number)
{
    trace_core_woken(number, groups[number].members);
    groups[number].left = groups[number].members;
    tell_some(number);
}

void wake_all(void)
{
    for (unsigned number = 0; number < CORE_WAKE_GROUPS; number++) {
        groups[number].left = groups[number].members;
    }
    unfinished = (1U << CORE_WAKE_GROUPS) - 1;
    wake_continue();
}

void wake_go_on(void)
{
    if (unfinished != 0) {
        tell_some((unsigned)__builtin_ctz(unfinished));
    }
}

void wake_continue(void)
{
    if (unfinished != 0) {
        sgi_send(core_number(), GIC_SGI_CONTINUE);
    }
}
