/**
 * Several of these run at once: threads that sleep for random times while others spin, in dispatchers that
 * compete for the core. Nobody wakes early, and nobody is forgotten.
 *
 * Arguments: seed=N, calls=N sleeps of each thread, instance=N.
 */
#include "check.h"

#include <aos/aos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 6

/// A turn of each other dispatcher with the longest slice that the tests use, and some more.
#define LATE_MAX_US 60000
#define SLEEP_US    3000

static unsigned long seed = 1, sleeps = 100, instance;
static unsigned sleeping = THREADS;
static struct thread_sem never;
static uint64_t latest;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1d >> 32;
}

static int sleep_at_random(void *arg)
{
    uint64_t state = seed * 1000 + instance * 100 + (uintptr_t)arg + 1;
    for (unsigned long i = 0; i < sleeps; i++) {
        uint64_t until = clock_now_us() + next_random(&state) % SLEEP_US;
        if (next_random(&state) % 2) {
            thread_sleep_until(until);
        } else {
            CHECK(thread_sem_wait_until(&never, until) == LIB_ERR_TIMEOUT);
        }
        uint64_t now = clock_now_us();
        CHECK(now >= until && now - until < LATE_MAX_US);
        latest = now - until > latest ? now - until : latest;
    }
    sleeping--;
    return (int)(uintptr_t)arg;
}

/// Changes between giving way and spinning, enabled and disabled.
static int spin(void *arg)
{
    (void)arg;
    for (unsigned round = 0; *(volatile unsigned *)&sleeping; round++) {
        struct dispatcher_shared *disp = disp_disable();
        for (unsigned i = 0; i < round % 128; i++) {
            __asm__ volatile("nop");
        }
        disp_enable(disp);
        if (round % 100 == 0) {
            thread_yield();
        }
    }
    return 0;
}

static unsigned long number(const char *word, const char *key, unsigned long otherwise)
{
    size_t length = strlen(key);
    unsigned long value = strncmp(word, key, length) == 0 ? strtoul(word + length, NULL, 10) : 0;
    return value ? value : otherwise;
}

int main(int argc, char *argv[])
{
    struct thread *threads[THREADS], *spinner = NULL;
    for (int i = 1; i < argc; i++) {
        seed = number(argv[i], "seed=", seed);
        sleeps = number(argv[i], "calls=", sleeps);
        instance = number(argv[i], "instance=", instance);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK_OK(thread_create(sleep_at_random, (void *)i, &threads[i]));
    }
    // One dispatcher sleeps whenever all its threads do.
    if (instance != 0) {
        CHECK_OK(thread_create(spin, NULL, &spinner));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    if (spinner) {
        CHECK_OK(thread_join(spinner, NULL));
    }
    printf("sleepers %lu: at most %lu us late\n", instance, (unsigned long)latest);
    return EXIT_SUCCESS;
}
