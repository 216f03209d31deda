/**
 * Memory of threads: a stack that grows where it is touched, and one frame that is there from the start: from
 * below, the stack for faults, the thread's own struct thread, and its thread-local data. Around both lie
 * pages that are not mapped.
 */
#ifndef LIB_THREADS_STACKS_H
#define LIB_THREADS_STACKS_H

#include <threads/threads.h>

/**
 * Makes a thread's memory, or takes that of an earlier thread. `tp`, `frame` and the stacks' bounds are set,
 * and thread-local data are as they are at the start of a thread; everything else is zero or, in FP state,
 * old.
 *
 * \param stack_bytes what the stack may grow to
 * \return SYS_ERR_OK, or why there is no memory
 */
errval_t thread_memory_alloc(size_t stack_bytes, struct thread **ret);

/// Takes back the memory of a thread that runs no more. A few of the usual size are kept for the next
/// threads.
void thread_memory_free(struct thread *thread);

/// Makes sure that the calling thread's stack has so many bytes more, and that memory is behind them. Not in
/// a section. \return false if it may not grow so far
bool thread_stack_prepare(size_t bytes);

#endif
