/**
 * User-level side of a dispatcher: start, upcalls, fault reports. For lib/rt; programs use aos/dispatch.h.
 */
#ifndef LIB_DISPATCH_DISPATCH_H
#define LIB_DISPATCH_DISPATCH_H

#include <abi/dispatcher.h>
#include <aos/text.h>

struct thread;

/**
 * Makes the dispatcher ready for upcalls and enables it. Called once, on the main thread's stack.
 *
 * \param stack_top top of the main thread's stack: a fault's backtrace does not read past it
 */
void dispatch_start(struct dispatcher_shared *disp, lvaddr_t stack_top);

#define FAULT_LINE_BYTES 640

/// Says what faulted, as a line. \param why more about it, or NULL
void dispatch_describe_fault(struct text *line, const struct registers *registers, uint64_t kind,
                             lvaddr_t address, const char *why);

/// Adds the return addresses of a thread that does not run, or faulted, from the frame record at `frame` on.
/// What lies below `sp` is not read.
void dispatch_add_backtrace(struct text *line, const struct thread *thread, lvaddr_t sp, lvaddr_t frame);

/* Entry points of the upcalls, upcalls.S. */
extern const char dispatch_upcall_run[], dispatch_upcall_fault[];

#endif
