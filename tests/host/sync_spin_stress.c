/**
 * Threads of the host take one spin lock, in ways that a seed decides. Run by test_sync_spin.py, which builds
 * it with each kind of lock under ThreadSanitizer: what the lock does not order is reported as a race.
 *
 * Call: seed, number of threads, rounds. Prints how often somebody waited.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sync/spin_wait.h>

#define THREADS_MAX 16

static struct spin_lock lock;
static unsigned long rounds, taken, others; ///< The last two are the lock's.
static unsigned long waits;

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

int main(int argc, char *argv[])
{
    pthread_t threads[THREADS_MAX];
    if (argc != 4) {
        return 2;
    }
    uint64_t seed = strtoul(argv[1], NULL, 10);
    unsigned long count = strtoul(argv[2], NULL, 10), refused = 0;
    rounds = strtoul(argv[3], NULL, 10);
    for (unsigned long i = 0; i < count && i < THREADS_MAX; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(seed * 1000003 + i * 7919 + 1));
    }
    for (unsigned long i = 0; i < count && i < THREADS_MAX; i++) {
        void *result;
        pthread_join(threads[i], &result);
        refused += (unsigned long)result;
    }
    struct spin_node node;
    if (taken + refused != count * rounds || !spin_try_acquire(&lock, &node)
        || spin_try_acquire(&lock, &node)) {
        return 1;
    }
    printf("%lu\n", waits);
    return 0;
}
