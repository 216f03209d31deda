/**
 * The run upcall's side of the threads, for lib/dispatch.
 */
#ifndef LIB_THREADS_UPCALL_H
#define LIB_THREADS_UPCALL_H

#include <abi/dispatcher.h>

/**
 * Chooses a thread and runs it. Called disabled, on the dispatcher's stack and without thread-local data; the
 * registers of the thread that was interrupted, if one ran, are in save_enabled.
 */
_Noreturn void threads_run(struct dispatcher_shared *disp);

/**
 * The current thread has faulted: it handles that itself. Called disabled, on the dispatcher's stack; the
 * registers are in save_enabled.
 *
 * \param kind FAULT_*
 */
_Noreturn void threads_fault(struct dispatcher_shared *disp, uint64_t kind, lvaddr_t address);

/// If the domain ends because of a fault, and only the report of it was to be made first: ends it. Else
/// returns.
void threads_end_of_fault(void);

#endif
