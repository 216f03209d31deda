/**
 * The C library's locks.
 *
 * A holder is named by its thread pointer. Upcalls never take a lock (they have no thread), so a lock is only
 * ever waited for by a thread of the same dispatcher, which gives way to its holder.
 */
#ifndef RT_LOCKS_H
#define RT_LOCKS_H

#include <stdint.h>
#include <sys/lock.h>

struct __lock {
    uintptr_t holder; ///< Thread pointer, 0 while free.
    uint32_t depth;   ///< How often the holder has a recursive lock.
};

/* Newer C libraries neither declare nor use these two. */
int __retarget_lock_try_acquire(_LOCK_T lock);
int __retarget_lock_try_acquire_recursive(_LOCK_T lock);

#endif
