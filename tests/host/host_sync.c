/**
 * What mutexes and spin locks of the library do while they wait, for threads of the host.
 */
#include <aos/sync.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sync/spin_wait.h>

static pthread_mutex_t waiting = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;

static _Noreturn void misused(const char *what)
{
    fprintf(stderr, "%s\n", what);
    abort();
}

void thread_mutex_lock_slowly(struct thread_mutex *mutex)
{
    if (thread_mutex_is_mine(mutex)) {
        misused("a thread waits for a mutex that it has");
    }
    pthread_mutex_lock(&waiting);
    while (!thread_mutex_trylock(mutex)) {
        // Who gives the mutex back sees the mark, and comes to wake us.
        uintptr_t holder = __atomic_load_n(&mutex->holder, __ATOMIC_RELAXED);
        if (holder != 0
            && __atomic_compare_exchange_n(&mutex->holder, &holder, holder | THREAD_MUTEX_WAITED, false,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            pthread_cond_wait(&given_back, &waiting);
        }
    }
    pthread_mutex_unlock(&waiting);
}

void thread_mutex_unlock_slowly(struct thread_mutex *mutex)
{
    if (!thread_mutex_is_mine(mutex)) {
        misused("a thread gives a mutex back that it does not have");
    }
    pthread_mutex_lock(&waiting);
    __atomic_store_n(&mutex->holder, 0, __ATOMIC_RELEASE);
    pthread_cond_broadcast(&given_back);
    pthread_mutex_unlock(&waiting);
}

struct spin_wait spin_wait_begin(const struct spin_lock *lock)
{
    return (struct spin_wait){.lock = lock};
}

void spin_wait_round(struct spin_wait *wait)
{
    (void)wait;
    sched_yield();
}

void spin_wait_end(const struct spin_wait *wait)
{
    (void)wait;
}
