/**
 * Decoding of system calls. Handlers check everything first and change state only then.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <abi/types.h>
#include <cap/cap.h>

struct dcb;

/// A command on a capability, with everything copied out of the caller's registers.
struct invocation {
    struct dcb *caller;
    const struct capability *root; ///< The caller's L1CNode.
    struct cte *target;            ///< Slot of the invoked capability.
    unsigned command;
    const uint64_t *arguments; ///< x2 to x7
    uint64_t *results;         ///< x1 to x3
};

/* One handler a type that has commands, in the file of its name. An unknown command is
 * SYS_ERR_ILLEGAL_INVOCATION. */
errval_t invoke_cnode(struct invocation *invocation);
errval_t invoke_vnode(struct invocation *invocation);
errval_t invoke_dispatcher(struct invocation *invocation);
errval_t invoke_irq(struct invocation *invocation);
errval_t invoke_perfmon(struct invocation *invocation);
errval_t invoke_kernel(struct invocation *invocation);

#endif
