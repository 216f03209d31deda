/**
 * Life of a dispatcher: set up from capabilities, run, ended, destroyed.
 */
#include <abi/syscall.h>
#include <arch/armv8/asid.h>
#include <arch/armv8/fp.h>
#include <arch/armv8/sysreg.h>
#include <core/core.h>
#include <dispatch/dispatch.h>
#include <dispatch/wake.h>
#include <dispatch/wakeup.h>
#include <trace/emit.h>

_Static_assert(offsetof(struct dcb, l1_cnode) == DCB_CSPACE, "dcb.h");
_Static_assert(offsetof(struct dcb, disp) == DCB_DISP, "dcb.h");
_Static_assert(offsetof(struct dcb, ttbr0) == DCB_TTBR0, "dcb.h");
_Static_assert(offsetof(struct dcb, wait) == DCB_WAIT, "dcb.h");
_Static_assert(offsetof(struct dcb, queued) == DCB_QUEUED, "dcb.h");
_Static_assert(offsetof(struct dcb, number) == DCB_NUMBER, "dcb.h");

#define TTBR_ASID_SHIFT 48

#define DISPATCHER_CORE_SHIFT 24

static uint32_t last_number;

/// Copies what the dispatcher is made of into the DCB, or nothing.
static errval_t hold_parts(struct cte *parts[4], struct cte *places[4])
{
    for (size_t i = 0; i < 4; i++) {
        errval_t err = parts[i] != NULL ? caps_copy(places[i], parts[i]) : SYS_ERR_OK;
        if (err_is_fail(err)) {
            while (i-- > 0) {
                caps_delete(places[i]);
            }
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t dispatcher_setup(struct dcb *dcb, struct cte *cspace, struct cte *vspace, struct cte *frame,
                          struct cte *end_endpoint, lvaddr_t user_disp)
{
    if (dcb->state != DISPATCHER_STATE_EMPTY) {
        return SYS_ERR_DISPATCHER_RUNNING;
    }
    if (frame->cap.bytes < DISPATCHER_FRAME_MIN_BYTES || frame->cap.bytes > UINT32_MAX
        || (user_disp & (BASE_PAGE_SIZE - 1)) != 0) {
        return SYS_ERR_DISPATCHER_FRAME;
    }
    // The kernel writes registers and messages there: who may not write to it cannot have the kernel do it.
    if ((~frame->cap.rights & (CAPRIGHTS_READ | CAPRIGHTS_WRITE)) != 0) {
        return SYS_ERR_RIGHTS;
    }
    uint16_t asid;
    if (!asid_take(&asid)) {
        return SYS_ERR_ASID_EXHAUSTED;
    }
    struct cte *parts[] = {cspace, vspace, frame, end_endpoint};
    struct cte *places[] = {&dcb->cspace, &dcb->vspace, &dcb->frame, &dcb->end_endpoint};
    errval_t err = hold_parts(parts, places);
    if (err_is_fail(err)) {
        asid_return(asid);
        return err;
    }
    /* It runs on what these name: revoke may not take them away unnoticed. */
    dcb->cspace.mdb.holder = SLOT_OF_DISPATCHER;
    dcb->vspace.mdb.holder = SLOT_OF_DISPATCHER;
    dcb->frame.mdb.holder = SLOT_OF_DISPATCHER;
    dcb->l1_cnode = phys_to_virt(dcb->cspace.cap.base);
    dcb->l1_slots = dcb->cspace.cap.bytes / sizeof(struct cte);
    dcb->disp = phys_to_virt(dcb->frame.cap.base);
    dcb->ring_limit = dcb->frame.cap.bytes - sizeof(uint64_t);
    dcb->asid = asid;
    dcb->ttbr0 = dcb->vspace.cap.base | (uint64_t)asid << TTBR_ASID_SHIFT;
    dcb->user_disp = user_disp;
    dcb->wait = WAIT_NONE;
    dcb->wake_at = WAKEUP_NEVER;
    dcb->retry_at = WAKEUP_NEVER;
    dcb->wakeup.when = WAKEUP_NEVER;
    dcb->wake_group = WAKE_NO_GROUP;
    dcb->number = (uint32_t)core_number() << DISPATCHER_CORE_SHIFT | ++last_number; // unique in the machine
    dcb->disp->number = dcb->number;
    dcb->disp->core = core_number();
    dcb->state = DISPATCHER_STATE_READY;
    return SYS_ERR_OK;
}

void dispatcher_end(struct dcb *dcb, unsigned reason, uint64_t address, uint64_t pc)
{
    if (dcb->state == DISPATCHER_STATE_EMPTY || dcb->state == DISPATCHER_STATE_ENDED) {
        return;
    }
    trace_dispatch_end(dcb->number, reason);
    schedule_remove(dcb);
    schedule_want_slices(dcb, false);
    wakeup_forget(dcb);
    wake_set_group(dcb, WAKE_NO_GROUP);
    fp_forget(dcb);
    dcb->state = DISPATCHER_STATE_ENDED;
    dcb->wait = WAIT_NONE;
    dcb->end_reason = reason;
    dcb->end_address = address;
    if (dcb->end_endpoint.cap.type == ObjType_EndPoint) {
        const struct lmp_message message = {
            .header = 5 << LMP_COUNT_SHIFT,
            .words = (const uint64_t[LMP_MSG_WORDS]){LMP_DISPATCHER_ENDED, dcb->number, reason, address, pc},
        };
        // A full ring loses the message, not the fact: DISPATCHER_STATUS tells it, and a full ring means the
        // parent will look.
        (void)lmp_deliver(&dcb->end_endpoint.cap, &message);
    }
}

gensize_t dispatcher_frame_bytes(lpaddr_t base)
{
    const struct dcb *dcb = dcb_from_phys(base);
    return dcb->state == DISPATCHER_STATE_EMPTY ? 0 : dcb->frame.cap.bytes;
}

void dispatcher_destroy(lpaddr_t base)
{
    struct dcb *dcb = dcb_from_phys(base);
    if (dcb->state == DISPATCHER_STATE_EMPTY) {
        return;
    }
    dispatcher_end(dcb, END_REASON_STOPPED, 0, 0);
    asid_return(dcb->asid);
}

void dispatcher_lose_part(struct cte *part)
{
    const lpaddr_t dcb = ROUND_DOWN(window_to_phys(part), (lpaddr_t)OBJSIZE_Dispatcher);
    dispatcher_end(dcb_from_phys(dcb), END_REASON_REVOKED, 0, 0);
}
