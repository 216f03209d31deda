/**
 * The C library's locks: mutexes of threads. Upcalls take none.
 */
#ifndef RT_LOCKS_H
#define RT_LOCKS_H

#include <aos/sync.h>
#include <sys/lock.h>

struct __lock {
    struct thread_mutex mutex;
};

/* Newer C libraries neither declare nor use these two. */
int __retarget_lock_try_acquire(_LOCK_T lock);
int __retarget_lock_try_acquire_recursive(_LOCK_T lock);

#endif
