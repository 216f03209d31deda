#include <aos/dispatch.h>
#include <aos/sync.h>
#include <threads/wait.h>

static bool wait(struct thread_sem *sem, uint64_t until)
{
    struct dispatcher_shared *disp = disp_disable_for(sem, sizeof(*sem));
    if (sem->value == 0) {
        // Woken with one, which never was in `value`.
        return threads_wait(&sem->queue, THREAD_WAIT_SEMAPHORE, sem, until);
    }
    sem->value--;
    disp_enable(disp);
    return true;
}

void thread_sem_wait(struct thread_sem *sem)
{
    wait(sem, CLOCK_NEVER);
}

errval_t thread_sem_wait_until(struct thread_sem *sem, uint64_t deadline_us)
{
    return wait(sem, clock_ticks_of_us(deadline_us)) ? SYS_ERR_OK : LIB_ERR_TIMEOUT;
}

bool thread_sem_trywait(struct thread_sem *sem)
{
    struct dispatcher_shared *disp = disp_disable_for(sem, sizeof(*sem));
    bool there = sem->value > 0;
    sem->value -= there;
    disp_enable(disp);
    return there;
}

void thread_sem_post(struct thread_sem *sem)
{
    struct dispatcher_shared *disp = disp_disable_for(sem, sizeof(*sem));
    struct thread *thread = thread_queue_take(&sem->queue);
    if (thread) {
        threads_wake(thread);
    } else {
        sem->value++;
    }
    disp_enable(disp);
}
