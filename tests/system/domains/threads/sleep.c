/**
 * Threads that sleep, and waits with a deadline.
 */
#include "threads.h"

#include <aos/clock.h>

#define SLEEPERS 12

/// A sleep may end that much later than asked for, whatever the slice is: nothing else wants the core for
/// long.
#define LATE_US 900

static bool stop;
static struct thread_mutex mutex;
static struct thread_cond cond;
static struct thread_sem sem;
static unsigned order[SLEEPERS], woken;

static int spin_until_stopped(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&stop) {
    }
    return 0;
}

static void sleep_exactly(uint64_t us)
{
    uint64_t before = clock_now_us();
    thread_sleep_us(us);
    uint64_t slept = clock_now_us() - before;
    CHECK(slept >= us && slept <= us + LATE_US);
}

static void sleep_for_all_times(void)
{
    for (uint64_t us = 0; us < 3000; us = us * 3 + 1) {
        sleep_exactly(us);
    }
    thread_sleep_until(0);
    CHECK(clock_now_ns() / 1000 >= clock_now_us() - 1);
}

static int sleep_by_number(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg;
    thread_sleep_us(20000 + number * 7 % SLEEPERS * 1000);
    order[woken++] = number * 7 % SLEEPERS;
    return (int)number;
}

static int hold_mutex(void *arg)
{
    thread_mutex_lock(&mutex);
    thread_sleep_us((uintptr_t)arg);
    thread_mutex_unlock(&mutex);
    return 5;
}

static int post_later(void *arg)
{
    thread_sleep_us((uintptr_t)arg);
    thread_sem_post(&sem);
    return 6;
}

static int signal_later(void *arg)
{
    thread_sleep_us((uintptr_t)arg);
    thread_mutex_lock(&mutex);
    thread_cond_signal(&cond);
    thread_mutex_unlock(&mutex);
    return 7;
}

/// The deadline comes first, then the event.
static void wait_with_deadlines(void)
{
    struct thread *thread;
    int status = 0;
    uint64_t now = clock_now_us();
    CHECK(thread_sem_wait_until(&sem, now + 500) == LIB_ERR_TIMEOUT);
    CHECK(clock_now_us() >= now + 500);
    CHECK(thread_sem_wait_until(&sem, now) == LIB_ERR_TIMEOUT); // is over already
    thread_sem_post(&sem);
    CHECK_OK(thread_sem_wait_until(&sem, now));

    CHECK_OK(thread_create(hold_mutex, (void *)3000, &thread));
    thread_yield();
    CHECK(thread_mutex_lock_until(&mutex, clock_now_us() + 500) == LIB_ERR_TIMEOUT);
    CHECK(thread_join_until(thread, clock_now_us() + 500, &status) == LIB_ERR_TIMEOUT);
    CHECK_OK(thread_mutex_lock_until(&mutex, clock_now_us() + 1000000));
    CHECK(thread_cond_wait_until(&cond, &mutex, clock_now_us() + 500) == LIB_ERR_TIMEOUT);
    CHECK(thread_mutex_is_mine(&mutex));
    thread_mutex_unlock(&mutex);
    CHECK_OK(thread_join_until(thread, clock_now_us() + 1000000, &status));
    CHECK(status == 5);

    CHECK_OK(thread_create(post_later, (void *)500, &thread));
    CHECK_OK(thread_sem_wait_until(&sem, UINT64_MAX));
    CHECK_OK(thread_join(thread, &status));
    CHECK_OK(thread_create(signal_later, (void *)500, &thread));
    thread_mutex_lock(&mutex);
    CHECK_OK(thread_cond_wait_until(&cond, &mutex, clock_now_us() + 1000000));
    thread_mutex_unlock(&mutex);
    CHECK_OK(thread_join_until(thread, UINT64_MAX, &status));
    CHECK(status == 7);
}

/// Who gives up in the middle of a queue leaves the others in their order.
static int lock_in_order(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    uint64_t deadline = number % 2 ? clock_now_us() + 1000 : UINT64_MAX;
    errval_t err = thread_mutex_lock_until(&mutex, deadline);
    CHECK(err == (number % 2 ? LIB_ERR_TIMEOUT : SYS_ERR_OK));
    if (err_is_ok(err)) {
        order[woken++] = (unsigned)number;
        thread_mutex_unlock(&mutex);
    }
    return (int)number;
}

static void give_up_in_a_queue(void)
{
    struct thread *holder, *threads[SLEEPERS];
    woken = 0;
    CHECK_OK(thread_create(hold_mutex, (void *)5000, &holder));
    thread_yield();
    for (uintptr_t i = 0; i < SLEEPERS; i++) {
        CHECK_OK(thread_create(lock_in_order, (void *)i, &threads[i]));
        thread_sleep_us(100); // it stands in the queue then, even if it was preempted on the way
    }
    for (unsigned i = 0; i < SLEEPERS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    CHECK(woken == SLEEPERS / 2);
    for (unsigned i = 0; i < woken; i++) {
        CHECK(order[i] == 2 * i);
    }
    CHECK_OK(thread_join(holder, NULL));
}

void test_sleep(void)
{
    struct thread *spinner;
    sleep_for_all_times();
    woken = 0;
    run_threads(SLEEPERS, sleep_by_number);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        CHECK(order[i] == i);
    }
    wait_with_deadlines();
    give_up_in_a_queue();
    // The same while another thread never gives way.
    CHECK_OK(thread_create(spin_until_stopped, NULL, &spinner));
    sleep_for_all_times();
    stop = true;
    CHECK_OK(thread_join(spinner, NULL));
}
