/**
 * Threads of a dispatcher (document D, 1.2): they share everything but registers, stack and thread-local
 * data.
 *
 * They are scheduled at user level, round robin: a switch that a thread asks for does not enter the kernel,
 * and a thread that runs for a whole time slice is preempted. All functions are for threads; upcalls call
 * none.
 */
#ifndef AOS_THREADS_H
#define AOS_THREADS_H

#include <abi/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;
struct registers;

typedef int (*thread_func_t)(void *arg);

#define THREAD_STACK_BYTES 0x10000UL ///< To which the stack of a thread that does not say otherwise may grow.

/**
 * What a thread does about a fault that self-paging does not resolve.
 *
 * \param kind      FAULT_* (abi/dispatcher.h)
 * \param registers of the thread where it faulted; they may be changed
 * \return true: the thread goes on with the registers. false: the domain ends, with a report
 *
 * It runs as the thread, on a stack of THREAD_FAULT_STACK_BYTES, and may fault, lock and call whatever the
 * code that faulted did not hold.
 */
typedef bool (*thread_fault_handler_t)(unsigned kind, uintptr_t address, struct registers *registers);

#define THREAD_FAULT_STACK_BYTES 0x2000UL

/**
 * Makes a thread that runs `function(arg)` and ends with its result. It can run from now on, but the caller
 * goes on first.
 *
 * \param ret the thread, or NULL for one that is detached from the start. Until it is joined or detached it
 *            stays known, also when it has ended
 * \return SYS_ERR_OK, or LIB_ERR_THREAD_CREATE on top of the reason: no memory, no slot, no addresses
 *
 * May wait for the locks of memory and capability slots. Costs a few hundred instructions if a stack of an
 * earlier thread can be used again, and those of mapping a frame if not.
 */
errval_t thread_create(thread_func_t function, void *arg, struct thread **ret);

/// The same with a stack that may grow to `stack_bytes`. It gets memory where it is touched; below it lies a
/// page that is never mapped.
errval_t thread_create_with(thread_func_t function, void *arg, size_t stack_bytes, struct thread **ret);

/**
 * Waits until a thread has ended, and frees it. Blocks.
 *
 * \param status what it returned or gave to thread_exit(); may be NULL
 * \return SYS_ERR_OK, or LIB_ERR_THREAD_JOIN for the caller itself, or one that is detached or is being
 * joined
 */
errval_t thread_join(struct thread *thread, int *status);

/// The same, but not for longer than until `deadline_us` (clock_now_us()). \return also LIB_ERR_TIMEOUT; the
/// thread can then be joined as before
errval_t thread_join_until(struct thread *thread, uint64_t deadline_us, int *status);

/// Nobody will join the thread: it is freed when it has ended. \return SYS_ERR_OK, or LIB_ERR_THREAD_JOIN
errval_t thread_detach(struct thread *thread);

/// Ends the calling thread. With the last thread the domain exits, with this status; until then the others go
/// on.
_Noreturn void thread_exit(int status);

/// The calling thread.
struct thread *thread_self(void);

/// Sets the handler of the calling thread, NULL for none. \return the one it had
thread_fault_handler_t thread_set_fault_handler(thread_fault_handler_t handler);

/// Number of a thread in this domain, as in the trace: 1 is the thread of main(). Numbers are not used again.
uint32_t thread_number(const struct thread *thread);

/// Lets the next thread that can run go first; if there is none, gives up the core for now.
void thread_yield(void);

/// Waits for so many microseconds at least. Other threads and dispatchers run; if there are none the core
/// sleeps.
void thread_sleep_us(uint64_t us);

/// Waits until clock_now_us() is at least `deadline_us`.
void thread_sleep_until(uint64_t deadline_us);

#endif
