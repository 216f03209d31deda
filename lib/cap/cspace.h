/**
 * The root of the own CSpace: who makes or deletes an L2CNode in it holds its lock, so that a larger root
 * gets all of them. Nothing is waited for with the lock held.
 */
#ifndef LIB_CAP_CSPACE_H
#define LIB_CAP_CSPACE_H

#include <aos/sync.h>

extern struct thread_mutex cspace_mutex;

static inline void cspace_lock(void)
{
    thread_mutex_lock(&cspace_mutex);
}

static inline void cspace_unlock(void)
{
    thread_mutex_unlock(&cspace_mutex);
}

#endif
