#include "threads.h"

#define ROUNDS 300
#define ROOM   4

static struct thread_mutex mutex = THREAD_MUTEX_INITIALIZER;
static struct thread_cond not_full, not_empty, go;
static volatile unsigned counter, inside;

/// Long enough to be interrupted now and then.
static void linger(unsigned rounds)
{
    for (volatile unsigned i = 0; i < rounds; i++) {
    }
}

static int count_up(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        thread_mutex_lock(&mutex);
        CHECK(inside++ == 0);
        unsigned before = counter;
        linger(20);
        if (i % 16 == 0) {
            thread_yield();
        }
        counter = before + 1;
        CHECK(--inside == 0);
        thread_mutex_unlock(&mutex);
    }
    return (int)(uintptr_t)arg;
}

static unsigned sum_nested(unsigned depth)
{
    thread_mutex_lock_nested(&mutex);
    thread_yield();
    unsigned sum = depth == 0 ? 0 : depth + sum_nested(depth - 1);
    CHECK(thread_mutex_is_mine(&mutex));
    thread_mutex_unlock_nested(&mutex);
    return sum;
}

static int nested(void *arg)
{
    CHECK(sum_nested(20) == 210);
    return (int)(uintptr_t)arg;
}

static int find_it_taken(void *arg)
{
    CHECK(!thread_mutex_trylock(&mutex) && !thread_mutex_trylock_nested(&mutex));
    return (int)(uintptr_t)arg;
}

void test_mutex(void)
{
    run_threads(8, count_up);
    CHECK(counter == 8 * ROUNDS);
    run_threads(4, nested);
    CHECK(thread_mutex_trylock_nested(&mutex) && thread_mutex_trylock_nested(&mutex));
    run_threads(1, find_it_taken);
    thread_mutex_unlock_nested(&mutex);
    CHECK(thread_mutex_is_mine(&mutex));
    thread_mutex_unlock_nested(&mutex);
    CHECK(!thread_mutex_is_mine(&mutex) && mutex.holder == 0);
}

static unsigned ring[ROOM], put, taken, sum;

/// Even numbers produce, odd ones consume.
static int produce_or_consume(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    for (unsigned i = 1; i <= ROUNDS; i++) {
        thread_mutex_lock(&mutex);
        if (number % 2 == 0) {
            while (put - taken == ROOM) {
                thread_cond_wait(&not_full, &mutex);
            }
            ring[put++ % ROOM] = i;
            thread_cond_signal(&not_empty);
        } else {
            while (put == taken) {
                thread_cond_wait(&not_empty, &mutex);
            }
            sum += ring[taken++ % ROOM];
            thread_cond_signal(&not_full);
        }
        thread_mutex_unlock(&mutex);
        linger(number * 7);
    }
    return (int)number;
}

static bool open_gate;
static unsigned waiting;

static int wait_for_all(void *arg)
{
    thread_mutex_lock_nested(&mutex);
    thread_mutex_lock_nested(&mutex); // the depth comes back
    if (++waiting == 10) {
        open_gate = true;
        thread_cond_broadcast(&go);
    }
    while (!open_gate) {
        thread_cond_wait(&go, &mutex);
        CHECK(thread_mutex_is_mine(&mutex) && mutex.depth == 1);
    }
    thread_mutex_unlock_nested(&mutex);
    thread_mutex_unlock_nested(&mutex);
    return (int)(uintptr_t)arg;
}

void test_conditions(void)
{
    run_threads(6, produce_or_consume);
    CHECK(put == 3 * ROUNDS && taken == put && sum == 3 * (ROUNDS * (ROUNDS + 1) / 2));
    run_threads(10, wait_for_all);
    thread_cond_signal(&go); // nobody waits: nothing happens
    CHECK(mutex.holder == 0);
}

static struct thread_sem free_places, used_places, one = THREAD_SEM_INITIALIZER(1);

static int pass_through_semaphores(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        thread_sem_wait(number % 2 == 0 ? &free_places : &used_places);
        thread_sem_wait(&one);
        CHECK(inside++ == 0);
        linger(5);
        CHECK(--inside == 0);
        thread_sem_post(&one);
        thread_sem_post(number % 2 == 0 ? &used_places : &free_places);
    }
    return (int)number;
}

void test_semaphores(void)
{
    thread_sem_init(&free_places, ROOM);
    run_threads(6, pass_through_semaphores);
    CHECK(free_places.value == ROOM && used_places.value == 0 && one.value == 1);
    CHECK(thread_sem_trywait(&one) && !thread_sem_trywait(&one));
}

static struct thread_once once = THREAD_ONCE_INIT;
static unsigned times;

static void slowly(void)
{
    for (unsigned i = 0; i < 10; i++) {
        thread_yield();
    }
    times++;
}

static int do_once(void *arg)
{
    thread_once(&once, slowly);
    CHECK(times == 1);
    return (int)(uintptr_t)arg;
}

void test_once(void)
{
    run_threads(6, do_once);
    CHECK(times == 1);
}

static struct thread_rwlock rwlock;
static volatile unsigned readers, writers, most_readers, value_a, value_b;

/// Every fourth writes.
static int read_or_write(void *arg)
{
    uintptr_t number = (uintptr_t)arg;
    for (unsigned i = 0; i < ROUNDS / 3; i++) {
        if (number % 4 == 0) {
            thread_rwlock_write(&rwlock);
            CHECK(writers++ == 0 && readers == 0);
            value_a++;
            thread_yield();
            value_b++;
            writers--;
        } else {
            thread_rwlock_read(&rwlock);
            readers++;
            CHECK(writers == 0);
            most_readers = readers > most_readers ? readers : most_readers;
            unsigned a = value_a;
            thread_yield();
            CHECK(a == value_b);
            readers--;
        }
        thread_rwlock_unlock(&rwlock);
    }
    return (int)number;
}

void test_rwlock(void)
{
    run_threads(8, read_or_write);
    CHECK(value_a == 2 * (ROUNDS / 3) && value_b == value_a && most_readers > 1);
    CHECK(rwlock.readers == 0 && !rwlock.written && !rwlock.queue.head);
}
