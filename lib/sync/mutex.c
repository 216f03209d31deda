#include <aos/dispatch.h>
#include <aos/sync.h>
#include <sync/sync.h>
#include <threads/threads.h>

/// The current thread waits for the mutex, which is held. Disabled; returns enabled, and the mutex is its
/// own.
static void wait(struct thread_mutex *mutex)
{
    mutex->holder |= THREAD_MUTEX_WAITED;
    threads_block(&mutex->queue);
}

void thread_mutex_lock_slowly(struct thread_mutex *mutex)
{
    if (thread_mutex_is_mine(mutex)) {
        sync_misused("a thread waits for a mutex that it has");
    }
    struct dispatcher_shared *disp = disp_disable();
    if (mutex->holder) {
        wait(mutex);
    } else {
        mutex->holder = (uintptr_t)__builtin_thread_pointer();
        disp_enable(disp);
    }
}

void mutex_hand_on(struct thread_mutex *mutex)
{
    struct thread *next = thread_queue_take(&mutex->queue);
    mutex->holder = 0;
    if (next) {
        mutex->holder = next->tp | (mutex->queue.head ? THREAD_MUTEX_WAITED : 0);
        threads_wake(next);
    }
}

void thread_mutex_unlock_slowly(struct thread_mutex *mutex)
{
    if (!thread_mutex_is_mine(mutex)) {
        sync_misused("a thread gives a mutex back that it does not have");
    }
    struct dispatcher_shared *disp = disp_disable();
    mutex_hand_on(mutex);
    disp_enable(disp);
}

bool thread_mutex_trylock_nested(struct thread_mutex *mutex)
{
    if (thread_mutex_is_mine(mutex)) {
        mutex->depth++;
        return true;
    }
    return thread_mutex_trylock(mutex);
}
