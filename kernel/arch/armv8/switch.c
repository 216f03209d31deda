#include <arch/armv8/fp.h>
#include <arch/armv8/map.h>
#include <arch/armv8/switch.h>
#include <arch/armv8/sysreg.h>
#include <dispatch/dispatch.h>
#include <trace/emit.h>

void switch_to(struct dcb *dcb)
{
    struct dcb *previous = dcb_current();
    if (previous == dcb) {
        return;
    }
    trace_dispatch_switch(dcb->number, previous != NULL && previous->wait == WAIT_NONE);
    fp_leave();
    sysreg_write(ttbr0_el1, dcb->ttbr0);
    sysreg_write(tpidrro_el0, dcb->user_disp);
    sysreg_write(tpidr_el1, dcb);
}

void switch_to_idle(void)
{
    trace_dispatch_switch(0, 0);
    fp_leave();
    sysreg_write(ttbr0_el1, map_empty_root());
    sysreg_write(tpidr_el1, 0);
    isb();
}
