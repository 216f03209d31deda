/**
 * Threads that wait for each other. A debug build says so and ends the domain; in others it waits for ever.
 *
 * Arguments: seed=1 two mutexes in two orders while another thread runs, seed=2 nobody can run any more.
 */
#include "check.h"

#include <aos/aos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct thread_mutex first, second;
static struct thread_sem sem;
static struct thread_cond cond;
static struct thread_rwlock rwlock;

static volatile bool first_is_free; ///< It never is.

static int spin(void *arg)
{
    (void)arg;
    while (!first_is_free) {
        thread_yield();
    }
    return 0;
}

static int take_second_then_first(void *arg)
{
    (void)arg;
    thread_mutex_lock(&second);
    thread_sleep_us(100);
    thread_mutex_lock(&first);
    return 0;
}

static void take_first_then_second(void)
{
    thread_mutex_lock(&first);
    thread_sleep_us(100);
    // With a deadline it is no deadlock.
    CHECK(thread_mutex_lock_until(&second, clock_now_us() + 1000) == LIB_ERR_TIMEOUT);
    thread_mutex_lock(&second);
}

static int wait_for_sem(void *arg)
{
    (void)arg;
    thread_mutex_lock(&first);
    thread_rwlock_write(&rwlock);
    thread_sem_wait(&sem);
    return 0;
}

static int wait_for_mutex(void *arg)
{
    (void)arg;
    thread_mutex_lock(&first);
    return 0;
}

static int wait_for_condition(void *arg)
{
    (void)arg;
    thread_mutex_lock(&second);
    thread_cond_wait(&cond, &second);
    return 0;
}

static int wait_for_reading(void *arg)
{
    (void)arg;
    thread_rwlock_read(&rwlock);
    return 0;
}

int main(int argc, char *argv[])
{
    struct thread *thread;
    bool cycle = argc > 1 && strcmp(argv[1], "seed=1") == 0;
    printf("first=%p second=%p sem=%p cond=%p rwlock=%p\n", (void *)&first, (void *)&second, (void *)&sem,
           (void *)&cond, (void *)&rwlock);
    if (cycle) {
        CHECK_OK(thread_create(take_second_then_first, NULL, &thread));
        CHECK_OK(thread_create(spin, NULL, NULL));
        take_first_then_second();
    }
    CHECK_OK(thread_create(wait_for_sem, NULL, &thread));
    CHECK_OK(thread_create(wait_for_mutex, NULL, NULL));
    CHECK_OK(thread_create(wait_for_condition, NULL, NULL));
    CHECK_OK(thread_create(wait_for_reading, NULL, NULL));
    thread_sleep_us(1000); // that is no deadlock either
    CHECK_OK(thread_join(thread, NULL));
    return EXIT_FAILURE;
}
