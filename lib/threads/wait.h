/**
 * Waiting for another thread: what sync objects and joins have in common.
 */
#ifndef LIB_THREADS_WAIT_H
#define LIB_THREADS_WAIT_H

#include <aos/clock.h>
#include <threads/deadlock.h>
#include <threads/threads.h>
#include <trace/trace.h>

/// The part of threads_wait() with a deadline. \return false if it came first
bool threads_block_until(struct sync_queue *queue, uint64_t until);

/**
 * The current thread waits in `queue` until it is taken out and woken, or until the system counter is at
 * `until`. The trace shows the wait, and a deadlock report names it. Disabled; returns enabled.
 *
 * \param lock what to call it: its address
 * \return false if that time came first: the thread is in no queue then, and nobody has woken it
 */
static inline bool threads_wait(struct sync_queue *queue, enum thread_wait_kind kind, const void *lock,
                                uint64_t until)
{
    struct thread *self = thread_scheduler.current;
    bool in_time = true;
    trace_sync_wait_begin((uintptr_t)lock, kind);
    self->waits_for = lock;
    self->wait_kind = kind;
    deadlock_wait_begin(self, until != CLOCK_NEVER);
    if (until == CLOCK_NEVER) {
        threads_block(queue);
    } else {
        in_time = threads_block_until(queue, until);
    }
    deadlock_wait_end(self);
    trace_sync_wait_end((uintptr_t)lock);
    return in_time;
}

#endif
