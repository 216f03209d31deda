/**
 * Who comes takes a number and waits until it is called: served in the order of coming. All who wait look at
 * the one cache line that each release writes to.
 */
#include <sync/spin_wait.h>

/// The halves of the lock's word, each changed by itself. Both wrap around.
struct __attribute__((may_alias)) tickets {
    uint32_t serving; ///< Written by the holder only.
    uint32_t next;
};

_Static_assert(sizeof(struct tickets) == sizeof(struct spin_lock), "the tickets are the lock's word");

static struct tickets *tickets_of(struct spin_lock *lock)
{
    return (struct tickets *)&lock->word;
}

void spin_acquire(struct spin_lock *lock, struct spin_node *node)
{
    (void)node;
    struct tickets *tickets = tickets_of(lock);
    uint32_t mine = __atomic_fetch_add(&tickets->next, 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&tickets->serving, __ATOMIC_ACQUIRE) == mine) {
        return;
    }
    struct spin_wait wait = spin_wait_begin(lock);
    while (__atomic_load_n(&tickets->serving, __ATOMIC_ACQUIRE) != mine) {
        spin_wait_round(&wait);
    }
    spin_wait_end(&wait);
}

void spin_release(struct spin_lock *lock, struct spin_node *node)
{
    (void)node;
    struct tickets *tickets = tickets_of(lock);
    __atomic_store_n(&tickets->serving, tickets->serving + 1, __ATOMIC_RELEASE);
}

/// Takes a number only if it is the one that is being called. If a holder came and went meanwhile, the next
/// number is another one too: no 2^32 holders come and go during a try.
bool spin_try_acquire(struct spin_lock *lock, struct spin_node *node)
{
    (void)node;
    struct tickets *tickets = tickets_of(lock);
    uint32_t mine = __atomic_load_n(&tickets->serving, __ATOMIC_ACQUIRE);
    return __atomic_compare_exchange_n(&tickets->next, &mine, mine + 1, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}
