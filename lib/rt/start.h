/**
 * Start of a domain, called from crt0.S.
 */
#ifndef RT_START_H
#define RT_START_H

#include <abi/dispatcher.h>

/**
 * Sets up what programs take for granted (thread-local data, upcalls, memory, arguments, constructors), runs
 * main(), and exits with its status.
 *
 * \param disp      the dispatcher, disabled
 * \param stack_top top of the stack that it runs on
 */
_Noreturn void rt_start(struct dispatcher_shared *disp, lvaddr_t stack_top);

#endif
