#include <aos/dispatch.h>
#include <aos/sync.h>
#include <sync/sync.h>
#include <threads/threads.h>

void thread_cond_wait(struct thread_cond *cond, struct thread_mutex *mutex)
{
    if (!thread_mutex_is_mine(mutex)) {
        sync_misused("a thread waits for a condition without having its mutex");
    }
    uint32_t depth = mutex->depth;
    disp_disable();
    mutex->depth = 0;
    mutex_hand_on(mutex);
    threads_block(&cond->queue);
    thread_mutex_lock(mutex);
    mutex->depth = depth;
}

void thread_cond_signal(struct thread_cond *cond)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread *thread = thread_queue_take(&cond->queue);
    if (thread) {
        threads_wake(thread);
    }
    disp_enable(disp);
}

void thread_cond_broadcast(struct thread_cond *cond)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread *thread;
    while ((thread = thread_queue_take(&cond->queue))) {
        threads_wake(thread);
    }
    disp_enable(disp);
}
