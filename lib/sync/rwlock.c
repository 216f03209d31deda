#include <aos/dispatch.h>
#include <aos/sync.h>
#include <sync/sync.h>
#include <threads/wait.h>

/// Lets in who may come in now: one writer, or all readers in front of the next writer. Disabled.
static void admit(struct thread_rwlock *lock)
{
    struct thread *first;
    while ((first = lock->queue.head) && !lock->written && !(first->wants_write && lock->readers > 0)) {
        thread_queue_take(&lock->queue);
        if (first->wants_write) {
            lock->written = true;
        } else {
            lock->readers++;
        }
        threads_wake(first);
    }
}

/// Waits to be admitted. Disabled; returns enabled.
static void wait(struct thread_rwlock *lock, bool wants_write)
{
    thread_scheduler.current->wants_write = wants_write;
    threads_wait(&lock->queue, THREAD_WAIT_RWLOCK, lock, CLOCK_NEVER);
}

void thread_rwlock_read(struct thread_rwlock *lock)
{
    struct dispatcher_shared *disp = disp_disable_for(lock, sizeof(*lock));
    if (lock->written || lock->queue.head) {
        wait(lock, false);
        return;
    }
    lock->readers++;
    disp_enable(disp);
}

void thread_rwlock_write(struct thread_rwlock *lock)
{
    struct dispatcher_shared *disp = disp_disable_for(lock, sizeof(*lock));
    if (lock->written || lock->readers > 0) {
        wait(lock, true);
        return;
    }
    lock->written = true;
    disp_enable(disp);
}

void thread_rwlock_unlock(struct thread_rwlock *lock)
{
    struct dispatcher_shared *disp = disp_disable_for(lock, sizeof(*lock));
    bool held = lock->written || lock->readers > 0;
    if (lock->written) {
        lock->written = false;
    } else if (held) {
        lock->readers--;
    }
    admit(lock);
    disp_enable(disp);
    if (!held) {
        sync_misused("a reader-writer lock is given back that nobody has");
    }
}
