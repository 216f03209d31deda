/**
 * A dispatcher on the host, for tests of the scheduler of threads and of what threads wait for each other
 * with.
 *
 * Each thread is a context with a stack of its own. The scheduler's upcall runs on the stack of main(), and
 * so does what the kernel would do. "Interrupts" come when the code under test enables or disables the
 * dispatcher, where the test asks for one, and in its sleep; whether one comes is random, from a seed.
 */
#ifndef TEST_FAKE_DISPATCHER_H
#define TEST_FAKE_DISPATCHER_H

#include <aos/threads.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * Runs a function as the first thread of a new dispatcher, until no thread is left.
 *
 * \param one_in how rare interrupts are: one in so many chances; 0: none
 */
void fake_dispatcher_run(uint64_t seed, unsigned one_in, thread_func_t function);

/// Perhaps an interrupt comes here.
void fake_chance(void);

/// A random number from 0 to limit - 1.
unsigned fake_random(unsigned limit);

#endif
