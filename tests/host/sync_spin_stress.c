/**
 * Threads of the host take one spin lock, in ways that a seed decides. Run by test_sync_spin.py, which builds
 * it with each kind of lock under ThreadSanitizer: what the lock does not order is reported as a race.
 *
 * Call: seed, number of threads, rounds. A busy host may run one thread after the other: then they do the
 * rounds again, until they have met or the time is over. Prints how often somebody waited.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sync/spin_wait.h>
#include <time.h>

#define THREADS_MAX   16
#define SECONDS_LIMIT 60

static struct spin_lock lock;
static unsigned long rounds, taken, others; ///< The last two are the lock's.
static unsigned long waits;
static pthread_barrier_t begin;

struct spin_wait spin_wait_begin(const struct spin_lock *of)
{
    __atomic_fetch_add(&waits, 1, __ATOMIC_RELAXED);
    return (struct spin_wait){.lock = of};
}

void spin_wait_round(struct spin_wait *wait)
{
    if (++wait->rounds > 20) {
        sched_yield();
    }
}

void spin_wait_end(const struct spin_wait *wait)
{
    if (wait->lock != &lock) {
        abort();
    }
}

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d;
}

static void *work(void *seed)
{
    uint64_t state = (uintptr_t)seed;
    unsigned long refused = 0;
    pthread_barrier_wait(&begin);
    for (unsigned long i = 0; i < rounds; i++) {
        struct spin_node node;
        uint64_t random = random_next(&state) >> 32;
        if (random % 4 != 0) {
            spin_acquire(&lock, &node);
        } else if (!spin_try_acquire(&lock, &node)) {
            refused++;
            continue;
        }
        taken++;
        if (random % 64 == 1) {
            sched_yield();
        }
        others++;
        if (taken != others) {
            abort();
        }
        spin_release(&lock, &node);
    }
    return (void *)refused;
}

/// All threads do their rounds. \return false if the lock was taken another number of times than that
static bool meet(uint64_t seed, unsigned long count)
{
    pthread_t threads[THREADS_MAX];
    unsigned long before = taken, refused = 0;
    for (unsigned long i = 0; i < count; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(seed * 1000003 + i * 7919 + 1));
    }
    for (unsigned long i = 0; i < count; i++) {
        void *result;
        pthread_join(threads[i], &result);
        refused += (unsigned long)result;
    }
    return taken - before + refused == count * rounds;
}

int main(int argc, char *argv[])
{
    if (argc != 4) {
        return 2;
    }
    uint64_t seed = strtoul(argv[1], NULL, 10);
    unsigned long count = strtoul(argv[2], NULL, 10);
    rounds = strtoul(argv[3], NULL, 10);
    if (count == 0 || count > THREADS_MAX || pthread_barrier_init(&begin, NULL, (unsigned)count)) {
        return 2;
    }
    const time_t end = time(NULL) + SECONDS_LIMIT;
    do {
        if (!meet(seed++, count)) {
            return 1;
        }
    } while (count > 1 && waits == 0 && time(NULL) < end);
    struct spin_node node;
    if (!spin_try_acquire(&lock, &node) || spin_try_acquire(&lock, &node)) {
        return 1;
    }
    printf("%lu\n", waits);
    return 0;
}
