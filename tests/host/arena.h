/**
 * Fake physical memory for tests of kernel code, and the random numbers that they use.
 */
#ifndef TEST_ARENA_H
#define TEST_ARENA_H

#include <cap/cap.h>

#define ARENA_DEFAULT_BASE 0x40000000UL

/// The highest place that links between slots reach.
#define ARENA_HIGHEST_BASE ((1UL << 38) - ARENA_BYTES)

/// Starts over with empty memory at a physical address, and an empty mapping database.
void arena_reset(lpaddr_t physical);

/// Takes memory that is zero; bytes and alignment are powers of two or multiples of 64.
lpaddr_t arena_take(gensize_t bytes, gensize_t align);

/// Takes consecutive empty slots.
struct cte *arena_take_slots(size_t count);

/// xorshift64*: the same numbers on every machine.
struct random {
    uint64_t state;
};

struct random random_from_seed(uint64_t seed);
uint64_t random_next(struct random *random);

/// 0 to limit - 1.
uint64_t random_below(struct random *random, uint64_t limit);

#endif
