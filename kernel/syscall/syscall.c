/**
 * System calls: decode, look the capability up, hand over to its type's handler.
 */
#include <arch/armv8/exception.h>
#include <arch/armv8/switch.h>
#include <cap/cspace.h>
#include <dispatch/dispatch.h>
#include <syscall/syscall.h>
#include <trace/emit.h>

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
    [ObjType_Core] = invoke_core,
};

static errval_t invoke(struct dcb *caller, uint64_t word, uint64_t address, const uint64_t arguments[6],
                       uint64_t results[3])
{
    struct invocation invocation;
    invocation.caller = caller;
    invocation.l1_slots = caller->l1_cnode;
    invocation.l1_count = caller->l1_slots;
    invocation.command = word >> INVOKE_COMMAND_SHIFT & 0xffffff;
    invocation.arguments = arguments;
    invocation.results = results;
    errval_t err = invocation_slot(&invocation, address, &invocation.target);
    if (err_is_fail(err)) {
        return err;
    }
    const unsigned type = invocation.target->cap.type;
    if (handlers[type] == NULL) {
        return type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_ILLEGAL_INVOCATION;
    }
    return handlers[type](&invocation);
}

const struct call_result *sys_invoke(uint64_t word, uint64_t address, uint64_t a2, uint64_t a3, uint64_t a4,
                                     uint64_t a5, uint64_t a6, uint64_t a7)
{
    static struct call_result result;
    struct dcb *dcb = dcb_current();
    const uint64_t arguments[6] = {a2, a3, a4, a5, a6, a7};
    result.value[0] = 0;
    result.value[1] = 0;
    result.value[2] = 0;
    trace_syscall_enter_begin(word, word >> INVOKE_COMMAND_SHIFT, address);
    result.err = invoke(dcb, word, address, arguments, result.value);
    trace_syscall_enter_end(result.err);
    if (dcb->state != DISPATCHER_STATE_RUNS) {
        schedule();
    }
    return &result;
}

/// x1 names a dispatcher to run next, or is 0. A disabled dispatcher that yields has nothing to run until
/// something happens.
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
            schedule_sleep(dcb);
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
    errval_t err;
    switch (saved->x[0] & 0xff) {
    case SYS_LMP:
        sys_lmp(dcb, saved);
    case SYS_YIELD:
        err = yield(dcb, saved);
        break;
    case SYS_RESUME:
        err = resume(dcb, saved);
        break;
    default:
        err = SYS_ERR_ILLEGAL_SYSCALL;
    }
    saved->x[0] = err;
    dispatch_return(saved);
}
