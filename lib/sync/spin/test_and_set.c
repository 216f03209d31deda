/**
 * One bit, which whoever comes at the right moment sets. The cheapest while nobody waits; those who wait are
 * served in no order, and all of them write to the lock's cache line when it comes free.
 */
#include <sync/spin_wait.h>

/// It looks before it writes: a look alone leaves the holder's cache line where it is.
static bool take(struct spin_lock *lock)
{
    return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) == 0
           && __atomic_exchange_n(&lock->word, 1, __ATOMIC_ACQUIRE) == 0;
}

void spin_acquire(struct spin_lock *lock, struct spin_node *node)
{
    (void)node;
    if (take(lock)) {
        return;
    }
    struct spin_wait wait = spin_wait_begin(lock);
    while (!take(lock)) {
        spin_wait_round(&wait);
    }
    spin_wait_end(&wait);
}

void spin_release(struct spin_lock *lock, struct spin_node *node)
{
    (void)node;
    __atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE);
}

bool spin_try_acquire(struct spin_lock *lock, struct spin_node *node)
{
    (void)node;
    return take(lock);
}
