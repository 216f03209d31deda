/**
 * Decoding of system calls. Handlers check everything first and change state only then.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <abi/types.h>
#include <cap/cspace.h>

struct dcb;

/// A command on a capability, with everything copied out of the caller's registers.
struct invocation {
    struct dcb *caller;
    const struct cte *l1_slots; ///< Of the caller's L1 CNode, ...
    uint64_t l1_count;          ///< ... and how many.
    struct cte *target;         ///< Slot of the invoked capability.
    unsigned command;
    const uint64_t *arguments; ///< x2 to x7
    uint64_t *results;         ///< x1 to x3
};

/// A slot of the caller's own CSpace, which may be empty.
static inline errval_t invocation_slot(const struct invocation *invocation, uint64_t address,
                                       struct cte **slot)
{
    return cspace_find_l2_slot(invocation->l1_slots, invocation->l1_count, (capaddr_t)address, slot);
}

/// The same, but it must hold a capability.
static inline errval_t invocation_cap(const struct invocation *invocation, uint64_t address,
                                      struct cte **slot)
{
    const errval_t err = invocation_slot(invocation, address, slot);
    return err_is_ok(err) && (*slot)->cap.type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : err;
}

/// A slot of an L2 CNode in any CSpace that the caller holds, by a slot reference (abi/syscall.h), cnode.c.
errval_t invocation_reference(const struct invocation *invocation, uint64_t reference, struct cte **slot);

/* One handler a type that has commands, in the file of its name. An unknown command is
 * SYS_ERR_ILLEGAL_INVOCATION. */
errval_t invoke_cnode(struct invocation *invocation);
errval_t invoke_vnode(struct invocation *invocation);
errval_t invoke_dispatcher(struct invocation *invocation);
errval_t invoke_irq(struct invocation *invocation);
errval_t invoke_perfmon(struct invocation *invocation);
errval_t invoke_kernel(struct invocation *invocation);
errval_t invoke_core(struct invocation *invocation);

#endif
