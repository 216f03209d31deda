/**
 * Spin locks: for short sections of memory that several dispatchers share, on one core or on several.
 *
 * And for sections of a few hundred instructions in which nobody blocks (lib/section/section.h). Otherwise
 * threads of one dispatcher use a thread_mutex. Which kind of lock this is, is chosen at build time (axis
 * `spin`). None of them may be held while the dispatcher is disabled, and none nests.
 */
#ifndef AOS_SPIN_H
#define AOS_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/// All zero: free.
struct spin_lock {
    uint64_t word;
};

#define SPIN_LOCK_INITIALIZER ((struct spin_lock){0})

/// Of who holds the lock or waits for it, usually on its stack. It is the lock's until released.
struct spin_node {
    struct spin_node *next;
    uint32_t waits;
};

/**
 * Takes the lock; what its last holder did is seen from now on. While another one has it, spins for a while,
 * then gives way to other threads and dispatchers in each round: the holder may be one that was preempted.
 */
void spin_acquire(struct spin_lock *lock, struct spin_node *node);

/// Gives the lock back. \param node the one that it was taken with
void spin_release(struct spin_lock *lock, struct spin_node *node);

/// Takes the lock if it is free. \return true if it is the caller's now
bool spin_try_acquire(struct spin_lock *lock, struct spin_node *node);

#endif
