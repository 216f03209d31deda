/**
 * Threads of one domain, and everything that they wait for each other with. Arguments: calls=N rounds for
 * what spins until it is preempted (0: a few, for long time slices).
 */
#ifndef TEST_THREADS_H
#define TEST_THREADS_H

#include "../check.h"

#include <aos/aos.h>
#include <stdlib.h>

void test_life(void);
void test_thread_local_data(void);
void test_memory_comes_back(void);
void test_library_from_all_threads(void);
void test_mutex(void);
void test_conditions(void);
void test_semaphores(void);
void test_once(void);
void test_rwlock(void);
void test_sleep(void);
void test_preemption(unsigned long rounds);
void test_calls_between_threads(void);
void test_waiting_while_others_run(void);

/// Starts `count` threads of `function`, each with its number as argument, and joins them; each must return
/// its number.
static inline void run_threads(unsigned count, thread_func_t function)
{
    struct thread *threads[64];
    for (uintptr_t i = 0; i < count; i++) {
        CHECK_OK(thread_create(function, (void *)i, &threads[i]));
    }
    for (unsigned i = 0; i < count; i++) {
        int status = -1;
        CHECK_OK(thread_join(threads[i], &status));
        CHECK(status == (int)i);
    }
}

#endif
