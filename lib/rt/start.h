/**
 * Start of a domain, called from crt0.S.
 */
#ifndef RT_START_H
#define RT_START_H

#include <abi/dispatcher.h>

/**
 * Sets up what the library takes for granted: thread-local data, upcalls, memory, and a stack that can grow.
 *
 * \param disp      the dispatcher, disabled
 * \param stack_top top of the stack that the parent made
 * \return top of the stack for rt_main()
 */
lvaddr_t rt_start(struct dispatcher_shared *disp, lvaddr_t stack_top);

/// Runs constructors and main(), and exits with its status.
_Noreturn void rt_main(void);

/// Writes what stdout has buffered, unless another thread is at it.
void rt_flush_output(void);

#endif
