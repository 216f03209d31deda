/**
 * The scheduler of threads, and what threads wait for each other with, on a fake dispatcher that is
 * interrupted at random.
 *
 * Sources:  lib/threads/schedule.c lib/threads/threads.c lib/threads/sleep.c lib/collections/deadlines.c
 * Sources:  lib/sync/mutex.c lib/sync/cond.c lib/sync/sem.c lib/sync/rwlock.c lib/sync/once.c
 * Sources:  tests/host/fake_dispatcher.c
 * Includes: lib
 * Fakes:    tests/host/fake_threads
 */
#include <check.h>
#include <fake_dispatcher.h>
#include <string.h>

#include <aos/clock.h>
#include <aos/sync.h>

#define THREADS 8
#define ROUNDS  40
#define SEEDS   150

static struct thread_mutex mutex, nested;
static struct thread_cond cond;
static struct thread_sem sem;
static struct thread_rwlock rwlock;
static struct thread_once once;
static unsigned inside, inside_nested, readers, writers, tokens, waited, initialised;
static unsigned order[THREADS], come, served;

static void clear(void)
{
    thread_mutex_init(&mutex);
    thread_mutex_init(&nested);
    thread_cond_init(&cond);
    thread_sem_init(&sem, 2);
    thread_rwlock_init(&rwlock);
    once = THREAD_ONCE_INIT;
    inside = inside_nested = readers = writers = tokens = waited = initialised = come = served = 0;
}

/// Something that takes time, in which others may come.
static void dwell(void)
{
    switch (fake_random(4)) {
    case 0:
        thread_yield();
        break;
    case 1:
        thread_sleep_us(fake_random(60));
        break;
    default:
        fake_chance();
    }
}

/// An error is a timeout, and not before its time.
static bool in_time(errval_t err, uint64_t deadline)
{
    if (err_is_ok(err)) {
        return true;
    }
    assert_err(err, LIB_ERR_TIMEOUT);
    assert_true(clock_now_us() >= deadline);
    return false;
}

static uint64_t soon(void)
{
    return clock_now_us() + fake_random(100);
}

static void use_mutex(void)
{
    uint64_t deadline = soon();
    switch (fake_random(3)) {
    case 0:
        if (!thread_mutex_trylock(&mutex)) {
            return;
        }
        break;
    case 1:
        if (!in_time(thread_mutex_lock_until(&mutex, deadline), deadline)) {
            return;
        }
        break;
    default:
        thread_mutex_lock(&mutex);
    }
    assert_int_equal(inside++, 0);
    dwell();
    assert_int_equal(--inside, 0);
    thread_mutex_unlock(&mutex);
}

static void use_nested(void)
{
    thread_mutex_lock_nested(&nested);
    thread_mutex_lock_nested(&nested);
    assert_int_equal(inside_nested++, 0);
    dwell();
    assert_true(thread_mutex_trylock_nested(&nested));
    thread_mutex_unlock_nested(&nested);
    thread_mutex_unlock_nested(&nested);
    dwell();
    assert_int_equal(--inside_nested, 0);
    thread_mutex_unlock_nested(&nested);
}

static void put_token(void)
{
    thread_mutex_lock_nested(&mutex);
    assert_int_equal(inside, 0);
    tokens++;
    if (fake_random(4)) {
        thread_cond_signal(&cond);
    } else {
        thread_cond_broadcast(&cond);
    }
    thread_mutex_unlock_nested(&mutex);
}

/// The mutex is held more than once meanwhile, and given back wholly.
static void take_token(void)
{
    unsigned depth = fake_random(3);
    for (unsigned i = 0; i <= depth; i++) {
        thread_mutex_lock_nested(&mutex);
    }
    while (tokens == 0) {
        waited++;
        if (fake_random(2)) {
            thread_cond_wait(&cond, &mutex);
        } else {
            uint64_t deadline = soon();
            in_time(thread_cond_wait_until(&cond, &mutex, deadline), deadline);
        }
        assert_true(thread_mutex_is_mine(&mutex));
        assert_int_equal(mutex.depth, depth);
        assert_int_equal(inside, 0);
    }
    tokens--;
    for (unsigned i = 0; i <= depth; i++) {
        thread_mutex_unlock_nested(&mutex);
    }
}

static void use_semaphore(void)
{
    static unsigned holders;
    uint64_t deadline = soon();
    if (fake_random(2)) {
        thread_sem_wait(&sem);
    } else if (!in_time(thread_sem_wait_until(&sem, deadline), deadline)) {
        return;
    }
    assert_true(++holders <= 2);
    dwell();
    holders--;
    thread_sem_post(&sem);
}

static void use_rwlock(void)
{
    if (fake_random(3)) {
        thread_rwlock_read(&rwlock);
        readers++;
        assert_int_equal(writers, 0);
        dwell();
        readers--;
    } else {
        thread_rwlock_write(&rwlock);
        assert_int_equal(writers++, 0);
        assert_int_equal(readers, 0);
        dwell();
        writers--;
    }
    thread_rwlock_unlock(&rwlock);
}

static void initialise(void)
{
    dwell();
    initialised++;
}

static int grandchild(void *arg)
{
    dwell();
    return (int)(uintptr_t)arg + 1;
}

static void use_threads(void)
{
    struct thread *thread;
    uintptr_t number = fake_random(1000);
    int status = 0;
    if (fake_random(4) == 0) {
        assert_ok(thread_create(grandchild, NULL, NULL));
        return;
    }
    assert_ok(thread_create(grandchild, (void *)number, &thread));
    dwell();
    uint64_t deadline = soon();
    while (!in_time(thread_join_until(thread, deadline, &status), deadline)) {
        deadline = soon();
    }
    assert_int_equal(status, number + 1);
}

static int work(void *arg)
{
    static void (*const uses[])(void) = {use_mutex, use_nested, use_semaphore, use_rwlock, use_threads};
    for (unsigned round = 0; round < ROUNDS; round++) {
        uses[fake_random(sizeof(uses) / sizeof(uses[0]))]();
        thread_once(&once, initialise);
        assert_int_equal(initialised, 1);
    }
    return (int)(uintptr_t)arg;
}

/// Half of them put as many tokens down as the others take.
static int trade(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    for (unsigned round = 0; round < ROUNDS; round++) {
        dwell();
        if (number % 2) {
            put_token();
        } else {
            take_token();
        }
        use_mutex();
    }
    return (int)number;
}

/// Starts and joins them; others that came by themselves get the time to end.
static int run_all(thread_func_t function)
{
    struct thread *threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_ok(thread_create(function, (void *)i, &threads[i]));
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        int status = -1;
        assert_ok(thread_join(threads[i], &status));
        assert_int_equal(status, i);
    }
    thread_sleep_us(10000);
    // Frees those that ended detached.
    struct thread *last;
    assert_ok(thread_create(grandchild, NULL, &last));
    return thread_join(last, NULL) != SYS_ERR_OK;
}

static int work_all(void *arg)
{
    (void)arg;
    return run_all(work);
}

static int trade_all(void *arg)
{
    (void)arg;
    return run_all(trade);
}

static void everything_at_random(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        clear();
        fake_dispatcher_run(seed, 1 + seed % 7 * seed % 7, work_all);
        assert_int_equal(sem.value, 2);
        assert_null(sem.queue.head);
        assert_int_equal(mutex.holder & ~THREAD_MUTEX_WAITED, 0);
        assert_null(mutex.queue.head);
    }
}

static void no_signal_is_lost(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        clear();
        fake_dispatcher_run(seed, 1 + seed % 7 * seed % 7, trade_all);
        assert_int_equal(tokens, 0);
        assert_true(waited > 0);
        assert_null(cond.queue.head);
        assert_null(mutex.queue.head);
    }
}

/* In the order of coming. Nothing interrupts: threads run in the order of their numbers. */

static int lock_in_order(void *arg)
{
    thread_mutex_lock(&mutex);
    order[served++] = (unsigned)(uintptr_t)arg;
    thread_mutex_unlock(&mutex);
    return (int)(uintptr_t)arg;
}

static int take_in_order(void *arg)
{
    thread_sem_wait(&sem);
    order[served++] = (unsigned)(uintptr_t)arg;
    return (int)(uintptr_t)arg;
}

/// Every third one writes: nobody overtakes it.
static int enter_in_order(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    if (number % 3 == 0) {
        thread_rwlock_write(&rwlock);
    } else {
        thread_rwlock_read(&rwlock);
    }
    order[served++] = (unsigned)number;
    thread_rwlock_unlock(&rwlock);
    return (int)number;
}

static int be_signalled_in_order(void *arg)
{
    thread_mutex_lock(&mutex);
    thread_cond_wait(&cond, &mutex);
    order[served++] = (unsigned)(uintptr_t)arg;
    thread_cond_signal(&cond);
    thread_mutex_unlock(&mutex);
    return (int)(uintptr_t)arg;
}

/// Lets all come while nobody is served, then serves them.
static int open_the_gate(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 2 * THREADS; i++) {
        thread_yield();
    }
    assert_int_equal(served, 0);
    thread_mutex_unlock(&mutex);
    thread_rwlock_unlock(&rwlock);
    for (unsigned i = 0; i < THREADS; i++) {
        thread_sem_post(&sem);
    }
    thread_cond_signal(&cond);
    return 0;
}

static thread_func_t in_order;

static int gated(void *arg)
{
    (void)arg;
    struct thread *threads[THREADS];
    thread_mutex_lock(&mutex);
    thread_rwlock_read(&rwlock); // so that readers could come in, if it were not for a writer
    while (thread_sem_trywait(&sem)) {
    }
    if (in_order == be_signalled_in_order) {
        thread_mutex_unlock(&mutex);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_ok(thread_create(in_order, (void *)i, &threads[i]));
    }
    if (in_order == be_signalled_in_order) {
        for (unsigned i = 0; i < 2 * THREADS; i++) {
            thread_yield();
        }
        thread_mutex_lock(&mutex);
    }
    open_the_gate(NULL);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_ok(thread_join(threads[i], NULL));
        assert_int_equal(order[i], i);
    }
    assert_int_equal(served, THREADS);
    return 0;
}

static void served_in_the_order_of_coming(void **state)
{
    static const thread_func_t ways[] = {lock_in_order, take_in_order, enter_in_order, be_signalled_in_order};
    (void)state;
    for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        clear();
        in_order = ways[i];
        fake_dispatcher_run(i, 0, gated);
    }
}

/* Sleepers wake in the order of their times, never early, and late by no more than one tick if nobody runs.
 */

static int sleep_by_number(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg, place = number * 5 % THREADS;
    uint64_t until = clock_now_us() + 100 + 10 * place;
    thread_sleep_until(until);
    assert_true(clock_now_us() >= until);
    order[served++] = place;
    return (int)number;
}

static int sleep_all(void *arg)
{
    (void)arg;
    int status = run_all(sleep_by_number);
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(order[i], i);
    }
    thread_sleep_until(0);
    thread_sleep_us(0);
    return status;
}

static void sleepers_wake_in_order(void **state)
{
    (void)state;
    clear();
    fake_dispatcher_run(1, 0, sleep_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(served_in_the_order_of_coming),
        cmocka_unit_test(sleepers_wake_in_order),
        cmocka_unit_test(everything_at_random),
        cmocka_unit_test(no_signal_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
