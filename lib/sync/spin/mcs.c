/**
 * A queue of those who wait, in the order of coming: each looks at a node of its own, which the one before it
 * writes to (J. M. Mellor-Crummey, M. L. Scott, "Algorithms for scalable synchronization on shared-memory
 * multiprocessors", 1991). The lock's word is the last node. A release concerns two cores, however many wait.
 *
 * Nodes are reached by their addresses, so the lock serves one address space.
 */
#include <stddef.h>
#include <sync/spin_wait.h>

static void wait_for_turn(struct spin_lock *lock, const struct spin_node *node)
{
    struct spin_wait wait = spin_wait_begin(lock);
    while (__atomic_load_n(&node->waits, __ATOMIC_ACQUIRE)) {
        spin_wait_round(&wait);
    }
    spin_wait_end(&wait);
}

void spin_acquire(struct spin_lock *lock, struct spin_node *node)
{
    node->next = NULL;
    node->waits = 1;
    uint64_t last = __atomic_exchange_n(&lock->word, (uintptr_t)node, __ATOMIC_ACQ_REL);
    if (last) {
        __atomic_store_n(&((struct spin_node *)(uintptr_t)last)->next, node, __ATOMIC_RELEASE);
        wait_for_turn(lock, node);
    }
}

/// The next one has put itself behind us, but not said so yet.
static struct spin_node *wait_for_next(struct spin_lock *lock, struct spin_node *node)
{
    struct spin_node *next;
    struct spin_wait wait = spin_wait_begin(lock);
    while (!(next = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE))) {
        spin_wait_round(&wait);
    }
    spin_wait_end(&wait);
    return next;
}

void spin_release(struct spin_lock *lock, struct spin_node *node)
{
    struct spin_node *next = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE);
    uint64_t self = (uintptr_t)node;
    if (!next) {
        if (__atomic_compare_exchange_n(&lock->word, &self, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
            return;
        }
        next = wait_for_next(lock, node);
    }
    __atomic_store_n(&next->waits, 0, __ATOMIC_RELEASE);
}

bool spin_try_acquire(struct spin_lock *lock, struct spin_node *node)
{
    uint64_t nobody = 0;
    node->next = NULL;
    return __atomic_compare_exchange_n(&lock->word, &nobody, (uintptr_t)node, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}
