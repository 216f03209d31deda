/**
 * Ways to user level: where a dispatcher goes on (document D, 1.2).
 */
#include <arch/armv8/switch.h>
#include <dispatch/dispatch.h>
#include <dispatch/wakeup.h>
#include <trace/emit.h>

#define UPCALL_RUN   0
#define UPCALL_FAULT 1

struct registers *dispatch_save_area(struct dcb *dcb)
{
    return dcb->disp->disabled ? &dcb->disp->save_disabled : &dcb->disp->save_enabled;
}

void dispatch_return(struct registers *saved)
{
    restore_registers(saved);
}

void dispatch(struct dcb *dcb)
{
    struct dispatcher_shared *disp = dcb->disp;
    switch_to(dcb);
    if (disp->disabled) {
        if (dcb->notified) {
            wakeup_try_again(dcb);
        }
        dispatch_return(&disp->save_disabled);
    }
    if (dcb->handed_flow != 0) {
        trace_lmp_receive(dcb->handed_flow, disp->save_enabled.x[1]);
        dcb->handed_flow = 0;
    }
    if (dcb->resume_enabled) {
        dcb->resume_enabled = false;
        dispatch_return(&disp->save_enabled);
    }
    dcb->notified = false;
    disp->disabled = true;
    trace_dispatch_upcall(UPCALL_RUN);
    enter_upcall(disp->upcall_run, disp->upcall_stack, dcb->user_disp, 0, 0);
}

void dispatch_fault(unsigned kind, lvaddr_t address)
{
    struct dcb *dcb = dcb_current();
    struct dispatcher_shared *disp = dcb->disp;
    trace_dispatch_fault(address, kind);
    if (disp->disabled || disp->upcall_fault == 0) {
        dispatcher_end(dcb, kind == FAULT_TRAP ? END_REASON_TRAP : END_REASON_FAULT, address,
                       dispatch_save_area(dcb)->pc);
        schedule();
    }
    disp->disabled = true;
    trace_dispatch_upcall(UPCALL_FAULT);
    enter_upcall(disp->upcall_fault, disp->upcall_stack, dcb->user_disp, kind, address);
}
