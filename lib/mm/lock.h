/**
 * The lock of everything that is memory: RAM, capability slots, and the address space.
 *
 * It is one lock because each of the three wants the others in the middle of what it does: the RAM allocator
 * maps frames for its nodes and needs slots, slots come in CNodes made of RAM, page tables need both. It
 * nests, so that they can. The heap's lock is taken after it; who holds the heap's takes no other.
 */
#ifndef LIB_MM_LOCK_H
#define LIB_MM_LOCK_H

#include <aos/sync.h>

extern struct thread_mutex memory_mutex;

static inline void memory_lock(void)
{
    thread_mutex_lock_nested(&memory_mutex);
}

static inline void memory_unlock(void)
{
    thread_mutex_unlock_nested(&memory_mutex);
}

#endif
