/**
 * System calls: decode, look the capability up, hand over to its type's handler.
 */
#include <arch/armv8/exception.h>
#include <arch/armv8/switch.h>
#include <dispatch/dispatch.h>
#include <syscall/syscall.h>
#include <trace/emit.h>

#define SCRATCH_FIRST 4 ///< x4 to x18 are not results: they are cleared, as the assembler may have left its own values there.
#define SCRATCH_LAST  18

/// Handler of a capability type's commands, or NULL.
static errval_t (*const handlers[ObjType_Num])(struct invocation *) = {
    [ObjType_L1CNode] = invoke_cnode,
    [ObjType_VNode_AARCH64_l0] = invoke_vnode,
    [ObjType_VNode_AARCH64_l1] = invoke_vnode,
    [ObjType_VNode_AARCH64_l2] = invoke_vnode,
    [ObjType_VNode_AARCH64_l3] = invoke_vnode,
    [ObjType_Dispatcher] = invoke_dispatcher,
    [ObjType_IRQ] = invoke_irq,
    [ObjType_PerfMon] = invoke_perfmon,
    [ObjType_Kernel] = invoke_kernel,
};

static errval_t invoke(struct dcb *dcb, const uint64_t *x, uint64_t results[3])
{
    struct invocation invocation = {
        .caller = dcb,
        .root = &dcb->cspace.cap,
        .command = x[0] >> INVOKE_COMMAND_SHIFT & 0xffffff,
        .arguments = {x[2], x[3], x[4], x[5], x[6], x[7], x[8]},
    };
    errval_t err = cspace_lookup(&dcb->cspace.cap, (capaddr_t)x[1], 2, &invocation.target);
    if (err_is_fail(err)) {
        return err;
    }
    const unsigned type = invocation.target->cap.type;
    if (handlers[type] == NULL) {
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
    err = handlers[type](&invocation);
    for (unsigned i = 0; i < 3; i++) {
        results[i] = invocation.results[i];
    }
    return err;
}

/// x1 names a dispatcher to run next, or is 0. A disabled dispatcher that yields has nothing to run until something happens.
static errval_t yield(struct dcb *dcb, struct registers *saved)
{
    struct dcb *target = NULL;
    if ((uint32_t)saved->x[1] != 0) {
        struct cte *slot;
        errval_t err = cspace_lookup(&dcb->cspace.cap, (capaddr_t)saved->x[1], 2, &slot);
        if (err_is_fail(err)) {
            return err;
        }
        if (slot->cap.type != ObjType_Dispatcher) {
            return SYS_ERR_ILLEGAL_INVOCATION;
        }
        target = dcb_from_phys(slot->cap.base);
        if (target->state != DISPATCHER_STATE_RUNS) {
            return SYS_ERR_DISPATCHER_INCOMPLETE;
        }
    }
    saved->x[0] = SYS_ERR_OK;
    if (dcb->disp->disabled) {
        dcb->disp->disabled = false;
        if (dcb->disp->any.delivered == dcb->disp->any.consumed) {
            dcb->wait = WAIT_UPCALL;
        }
    } else {
        dcb->resume_enabled = true;
    }
    if (dcb->wait == WAIT_NONE) {
        schedule_make_runnable(dcb);
    }
    if (target != NULL && target != dcb && target->wait == WAIT_NONE) {
        dispatch(target);
    }
    schedule();
}

/// Leaves disabled mode and runs the registers at x1, anywhere in the dispatcher frame.
static errval_t resume(struct dcb *dcb, const struct registers *saved)
{
    const uint64_t offset = saved->x[1] - dcb->user_disp;
    if (offset % 16 != 0 || offset > dcb->frame.cap.bytes - sizeof(struct registers)) {
        return SYS_ERR_INVALID_USER_ADDRESS;
    }
    dcb->disp->disabled = false;
    restore_registers((const struct registers *)((char *)dcb->disp + offset));
}

_Noreturn void syscall_general(struct dcb *dcb, struct registers *saved)
{
    uint64_t *x = saved->x;
    const unsigned number = x[0] & 0xff;
    uint64_t results[3] = {0, 0, 0};
    errval_t err;
    switch (number) {
    case SYS_LMP:
        sys_lmp(dcb, saved);
    case SYS_INVOKE:
        trace_syscall_enter_begin(number, x[0] >> INVOKE_COMMAND_SHIFT, x[1]);
        err = invoke(dcb, x, results);
        trace_syscall_enter_end(err);
        break;
    case SYS_YIELD:
        err = yield(dcb, saved);
        break;
    case SYS_RESUME:
        err = resume(dcb, saved);
        break;
    default:
        err = SYS_ERR_ILLEGAL_SYSCALL;
    }
    x[0] = err;
    for (unsigned i = 0; i < 3; i++) {
        x[1 + i] = results[i];
    }
    for (unsigned i = SCRATCH_FIRST; i <= SCRATCH_LAST; i++) {
        x[i] = 0;
    }
    if (dcb_current() != dcb || dcb->state != DISPATCHER_STATE_RUNS) {
        schedule();
    }
    dispatch_return(saved);
}
