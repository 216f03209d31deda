/**
 * What threads do with each other.
 */
#include "soak.h"

#include <aos/clock.h>
#include <aos/sync.h>
#include <aos/threads.h>
#include <stdlib.h>

#define PAIRS    4
#define TOKENS   3
#define NAP_US   50
#define PART_OPS 20

/// Both numbers are the same whenever nobody has the mutex.
static struct {
    struct thread_mutex mutex;
    uint64_t a, b;
} pairs[PAIRS];

static struct thread_sem tokens = THREAD_SEM_INITIALIZER(TOKENS);
static unsigned taken;

/// Two of them, always in the same order.
void action_mutex(struct worker *worker)
{
    unsigned first = below(worker, PAIRS), second = below(worker, PAIRS);
    if (first > second) {
        unsigned other = first;
        first = second;
        second = other;
    }
    thread_mutex_lock(&pairs[first].mutex);
    thread_mutex_lock_nested(&pairs[second].mutex);
    CHECK(pairs[first].a == pairs[first].b && pairs[second].a == pairs[second].b);
    pairs[second].a++;
    if (below(worker, 8) == 0) {
        thread_yield();
    }
    action_heap(worker);
    pairs[second].b++;
    thread_mutex_unlock_nested(&pairs[second].mutex);
    thread_mutex_unlock(&pairs[first].mutex);
}

void action_rest(struct worker *worker)
{
    switch (below(worker, 3)) {
    case 0:
        thread_sem_wait(&tokens);
        CHECK(__atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED) <= TOKENS);
        thread_yield();
        __atomic_sub_fetch(&taken, 1, __ATOMIC_RELAXED);
        thread_sem_post(&tokens);
        break;
    case 1:
        thread_sleep_us(below(worker, NAP_US));
        break;
    default:
        thread_yield();
    }
}

/// A thread that lives for a few allocations.
static int short_life(void *arg)
{
    uint32_t number = (uint32_t)(uintptr_t)arg;
    void *blocks[PART_OPS] = {0};
    for (unsigned i = 0; i < PART_OPS; i++) {
        blocks[i] = malloc(16 + (number + 1) * i % 2000);
    }
    for (unsigned i = 0; i < PART_OPS; i++) {
        free(blocks[i]);
    }
    return (int)(number % 1000);
}

void action_threads(struct worker *worker)
{
    struct thread *thread;
    int status;
    uint32_t number = below(worker, 1000);
    if (granted(worker, thread_create(short_life, (void *)(uintptr_t)number, &thread))) {
        CHECK_OK(thread_join(thread, &status));
        CHECK(status == (int)number);
    }
}
