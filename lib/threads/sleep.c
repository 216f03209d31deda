#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <rt/syscall.h>
#include <stddef.h>
#include <threads/sleep.h>
#include <threads/wait.h>

static struct {
    struct deadlines heap;
    uint64_t asked; ///< When the kernel was last asked to wake us. If that is over, it has, or is about to.
} sleepers;

static struct thread *thread_of(struct deadline *deadline)
{
    return (struct thread *)((char *)deadline - offsetof(struct thread, deadline));
}

/// Has the kernel wake us for the first of them. One that wakes us too early, for somebody who was woken by
/// something else, is left as it is: the next ones are often behind it, and then need no call.
static void ask_kernel(uint64_t now)
{
    const struct deadline *first = sleepers.heap.first;
    if (first && (sleepers.asked <= now || first->when < sleepers.asked)) {
        sleepers.asked = first->when;
        sys_invoke(TASKCN_SLOT_DISPATCHER, DISPATCHER_WAKE_AT, first->when, 0, 0, 0, 0, 0);
    }
}

void sleep_begin(struct thread *thread, uint64_t until)
{
    thread->deadline.when = until ? until : 1; // 0 says that there is none
    deadlines_insert(&sleepers.heap, &thread->deadline);
    ask_kernel(clock_ticks());
}

void sleep_cancel(struct thread *thread)
{
    deadlines_remove(&sleepers.heap, &thread->deadline);
    thread->deadline.when = 0;
}

/// Takes a thread out of the middle of the queue where it waits in vain.
static void leave_queue(struct sync_queue *queue, struct thread *thread)
{
    struct thread *previous = NULL;
    for (struct thread *other = queue->head; other != thread; other = other->next) {
        previous = other;
    }
    if (previous) {
        previous->next = thread->next;
    } else {
        queue->head = thread->next;
    }
    if (queue->tail == thread) {
        queue->tail = previous;
    }
}

void sleep_look(void)
{
    struct deadline *first = sleepers.heap.first;
    if (!first) {
        return;
    }
    uint64_t now = clock_ticks();
    for (; first && first->when <= now; first = sleepers.heap.first) {
        struct thread *thread = thread_of(first);
        leave_queue(thread->waits_in, thread);
        thread->timed_out = true;
        threads_wake(thread);
    }
    ask_kernel(now);
}

bool sleep_is_nobody(void)
{
    return !sleepers.heap.first;
}

bool threads_block_until(struct sync_queue *queue, uint64_t until)
{
    struct thread *self = thread_scheduler.current;
    self->timed_out = false;
    self->waits_in = queue;
    sleep_begin(self, until);
    threads_block(queue);
    return !self->timed_out;
}

void thread_sleep_until(uint64_t deadline_us)
{
    struct sync_queue alone = {0};
    uint64_t until = clock_ticks_of_us(deadline_us);
    disp_disable();
    threads_block_until(&alone, until);
}

void thread_sleep_us(uint64_t us)
{
    uint64_t now = clock_now_us();
    thread_sleep_until(us < CLOCK_NEVER - now ? now + us + 1 : CLOCK_NEVER);
}
