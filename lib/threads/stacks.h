/**
 * Memory of threads: one frame each, mapped with a page before and behind it that is not. From below: stack,
 * then at the top the thread's own struct thread and its thread-local data.
 */
#ifndef LIB_THREADS_STACKS_H
#define LIB_THREADS_STACKS_H

#include <threads/threads.h>

/**
 * Makes a thread's memory, or takes that of an earlier thread. `tp`, `frame` and the stack's bounds are set,
 * and thread-local data are as they are at the start of a thread; everything else is zero or, in FP state,
 * old.
 *
 * \param stack_bytes at least this much
 * \return SYS_ERR_OK, or why there is no memory
 */
errval_t thread_memory_alloc(size_t stack_bytes, struct thread **ret);

/// Takes back the memory of a thread that runs no more. A few of the usual size are kept for the next
/// threads.
void thread_memory_free(struct thread *thread);

#endif
