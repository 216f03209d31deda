#include <aos/dispatch.h>
#include <aos/sync.h>
#include <threads/threads.h>

void thread_sem_wait(struct thread_sem *sem)
{
    struct dispatcher_shared *disp = disp_disable();
    if (sem->value == 0) {
        threads_block(&sem->queue); // woken with one, which never was in `value`
        return;
    }
    sem->value--;
    disp_enable(disp);
}

bool thread_sem_trywait(struct thread_sem *sem)
{
    struct dispatcher_shared *disp = disp_disable();
    bool there = sem->value > 0;
    sem->value -= there;
    disp_enable(disp);
    return there;
}

void thread_sem_post(struct thread_sem *sem)
{
    struct dispatcher_shared *disp = disp_disable();
    struct thread *thread = thread_queue_take(&sem->queue);
    if (thread) {
        threads_wake(thread);
    } else {
        sem->value++;
    }
    disp_enable(disp);
}
