/**
 * Debug builds notice when threads wait for each other: in a cycle of mutexes, or when none of a dispatcher's
 * threads can run and nothing but one of them could wake another. They say who waits for whom, and the domain
 * ends as after abort(). In other builds this is nothing.
 */
#ifndef LIB_THREADS_DEADLOCK_H
#define LIB_THREADS_DEADLOCK_H

#include <threads/threads.h>

#ifndef CONFIG_DEBUG
#define CONFIG_DEBUG 0
#endif

#if CONFIG_DEBUG
/// A thread is about to wait, with a deadline or without. Disabled.
void deadlock_wait_begin(struct thread *thread, bool has_deadline);

/// It goes on. Enabled.
void deadlock_wait_end(struct thread *thread);

/// Nobody can run: that is no deadlock if a message or a deadline may come. Disabled.
void deadlock_look(void);
#else
static inline void deadlock_wait_begin(struct thread *thread, bool has_deadline)
{
    (void)thread;
    (void)has_deadline;
}
static inline void deadlock_wait_end(struct thread *thread)
{
    (void)thread;
}
static inline void deadlock_look(void)
{
}
#endif

#endif
