#include <aos/dispatch.h>
#include <aos/sync.h>
#include <sync/sync.h>
#include <threads/wait.h>

static bool wait(struct thread_cond *cond, struct thread_mutex *mutex, uint64_t until)
{
    if (!thread_mutex_is_mine(mutex)) {
        sync_misused("a thread waits for a condition without having its mutex");
    }
    uint32_t depth = mutex->depth;
    disp_disable_for(cond, sizeof(*cond));
    mutex->depth = 0;
    mutex_hand_on(mutex);
    bool signalled = threads_wait(&cond->queue, THREAD_WAIT_CONDITION, cond, until);
    thread_mutex_lock(mutex);
    mutex->depth = depth;
    return signalled;
}

void thread_cond_wait(struct thread_cond *cond, struct thread_mutex *mutex)
{
    wait(cond, mutex, CLOCK_NEVER);
}

errval_t thread_cond_wait_until(struct thread_cond *cond, struct thread_mutex *mutex, uint64_t deadline_us)
{
    return wait(cond, mutex, clock_ticks_of_us(deadline_us)) ? SYS_ERR_OK : LIB_ERR_TIMEOUT;
}

void thread_cond_signal(struct thread_cond *cond)
{
    struct dispatcher_shared *disp = disp_disable_for(cond, sizeof(*cond));
    struct thread *thread = thread_queue_take(&cond->queue);
    if (thread) {
        threads_wake(thread);
    }
    disp_enable(disp);
}

void thread_cond_broadcast(struct thread_cond *cond)
{
    struct dispatcher_shared *disp = disp_disable_for(cond, sizeof(*cond));
    struct thread *thread;
    while ((thread = thread_queue_take(&cond->queue))) {
        threads_wake(thread);
    }
    disp_enable(disp);
}
