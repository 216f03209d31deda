#include <aos/dispatch.h>
#include <aos/sync.h>
#include <sync/sync.h>
#include <threads/wait.h>

/// Inline, so that the way without a deadline is short. \return false if the time came first
static inline __attribute__((always_inline)) bool lock_slowly(struct thread_mutex *mutex, uint64_t until)
{
    if (thread_mutex_is_mine(mutex)) {
        sync_misused("a thread waits for a mutex that it has");
    }
    struct dispatcher_shared *disp = disp_disable_for(mutex, sizeof(*mutex));
    if (mutex->holder) {
        // It stays so if all who wait give up: unlock then finds nobody.
        mutex->holder |= THREAD_MUTEX_WAITED;
        return threads_wait(&mutex->queue, THREAD_WAIT_MUTEX, mutex, until);
    }
    mutex->holder = (uintptr_t)__builtin_thread_pointer();
    disp_enable(disp);
    return true;
}

void thread_mutex_lock_slowly(struct thread_mutex *mutex)
{
    lock_slowly(mutex, CLOCK_NEVER);
}

errval_t thread_mutex_lock_until(struct thread_mutex *mutex, uint64_t deadline_us)
{
    if (thread_mutex_trylock(mutex) || lock_slowly(mutex, clock_ticks_of_us(deadline_us))) {
        return SYS_ERR_OK;
    }
    return LIB_ERR_TIMEOUT;
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
    struct dispatcher_shared *disp = disp_disable_for(mutex, sizeof(*mutex));
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
