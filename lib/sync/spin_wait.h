/**
 * What every kind of spin lock does while it waits.
 */
#ifndef LIB_SYNC_SPIN_WAIT_H
#define LIB_SYNC_SPIN_WAIT_H

#include <aos/spin.h>

/// One wait for a lock.
struct spin_wait {
    const struct spin_lock *lock;
    uint32_t rounds;
};

struct spin_wait spin_wait_begin(const struct spin_lock *lock);

/// One round of the wait. Between two of them the caller looks at the lock.
void spin_wait_round(struct spin_wait *wait);

void spin_wait_end(const struct spin_wait *wait);

#endif
