/**
 * Threads that are to be woken at a time. For the scheduler; everything here is for callers that are
 * disabled.
 */
#ifndef LIB_THREADS_SLEEP_H
#define LIB_THREADS_SLEEP_H

#include <threads/threads.h>

/// The current thread, which is about to block, is woken when the system counter is at `until`, if nobody has
/// woken it before.
void sleep_begin(struct thread *thread, uint64_t until);

/// A thread that has a deadline is being woken by something else.
void sleep_cancel(struct thread *thread);

/// Wakes those whose time has come.
void sleep_look(void);

/// True if nobody is to be woken.
bool sleep_is_nobody(void);

#endif
