/**
 * Commands on a Dispatcher.
 */
#include <dispatch/dispatch.h>
#include <dispatch/wake.h>
#include <dispatch/wakeup.h>
#include <syscall/syscall.h>

/// Looks up a capability of one type; address 0 is allowed if `optional`, and gives NULL.
static errval_t part(const struct invocation *invocation, uint64_t address, enum objtype type, bool optional,
                     struct cte **slot)
{
    *slot = NULL;
    if ((capaddr_t)address == 0 && optional) {
        return SYS_ERR_OK;
    }
    errval_t err = invocation_cap(invocation, address, slot);
    if (err_is_fail(err)) {
        return err;
    }
    return (*slot)->cap.type == type ? SYS_ERR_OK : SYS_ERR_INVALID_ARGUMENT;
}

static errval_t setup(struct invocation *invocation, struct dcb *dcb)
{
    const uint64_t *a = invocation->arguments;
    struct cte *cspace, *vspace, *frame, *end_endpoint;
    errval_t err = part(invocation, a[0], ObjType_L1CNode, false, &cspace);
    if (err_is_ok(err)) {
        err = part(invocation, a[0] >> 32, ObjType_VNode_AARCH64_l0, false, &vspace);
    }
    if (err_is_ok(err)) {
        err = part(invocation, a[1], ObjType_Frame, false, &frame);
    }
    if (err_is_ok(err)) {
        err = part(invocation, a[1] >> 32, ObjType_EndPoint, true, &end_endpoint);
    }
    if (err_is_ok(err)) {
        err = dispatcher_setup(dcb, cspace, vspace, frame, end_endpoint, a[2]);
    }
    invocation->results[0] = dcb->number;
    return err;
}

static errval_t change_cspace(struct invocation *invocation, struct dcb *dcb)
{
    const uint64_t slots = invocation->arguments[0];
    struct cte *from, *to;
    errval_t err = part(invocation, slots, ObjType_L1CNode, false, &from);
    if (err_is_ok(err)) {
        err = part(invocation, slots >> 32, ObjType_L1CNode, false, &to);
    }
    return err_is_ok(err) ? dispatcher_change_cspace(dcb, from, to, (capaddr_t)slots) : err;
}

/// What a dispatcher that runs wants to be told.
static errval_t ask(const struct invocation *invocation, struct dcb *dcb)
{
    const uint64_t what = invocation->arguments[0];
    if (dcb->state != DISPATCHER_STATE_RUNS) {
        return dcb->state == DISPATCHER_STATE_ENDED ? SYS_ERR_DISPATCHER_DEAD : SYS_ERR_DISPATCHER_INCOMPLETE;
    }
    switch (invocation->command) {
    case DISPATCHER_SLICES:
        schedule_want_slices(dcb, what != 0);
        return SYS_ERR_OK;
    case DISPATCHER_WAKE_AT:
        wakeup_ask(dcb, what);
        return SYS_ERR_OK;
    default:
        if (what >= CORE_WAKE_GROUPS && what != DISPATCHER_NO_GROUP) {
            return SYS_ERR_INVALID_ARGUMENT;
        }
        wake_set_group(dcb, what == DISPATCHER_NO_GROUP ? WAKE_NO_GROUP : (uint8_t)what);
        return SYS_ERR_OK;
    }
}

errval_t invoke_dispatcher(struct invocation *invocation)
{
    struct dcb *dcb = dcb_from_phys(invocation->target->cap.base);
    switch (invocation->command) {
    case DISPATCHER_SETUP:
        return setup(invocation, dcb);
    case DISPATCHER_RUN:
        if (dcb->state != DISPATCHER_STATE_READY) {
            return dcb->state == DISPATCHER_STATE_RUNS    ? SYS_ERR_DISPATCHER_RUNNING
                   : dcb->state == DISPATCHER_STATE_ENDED ? SYS_ERR_DISPATCHER_DEAD
                                                          : SYS_ERR_DISPATCHER_INCOMPLETE;
        }
        dcb->state = DISPATCHER_STATE_RUNS;
        schedule_make_runnable(dcb);
        return SYS_ERR_OK;
    case DISPATCHER_STOP:
        if (dcb->state == DISPATCHER_STATE_EMPTY) {
            return SYS_ERR_DISPATCHER_INCOMPLETE;
        }
        dispatcher_end(dcb, END_REASON_STOPPED, invocation->arguments[0], 0);
        return SYS_ERR_OK;
    case DISPATCHER_STATUS:
        invocation->results[0] = dcb->state;
        invocation->results[1] = dcb->end_reason;
        invocation->results[2] = dcb->end_address;
        return SYS_ERR_OK;
    case DISPATCHER_SLICES:
    case DISPATCHER_WAKE_AT:
    case DISPATCHER_WAKE_GROUP:
        return ask(invocation, dcb);
    case DISPATCHER_CSPACE:
        return change_cspace(invocation, dcb);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}
