#include <arch/armv8/gic.h>
#include <core/core.h>
#include <dispatch/dispatch.h>
#include <dispatch/interrupt.h>
#include <dispatch/wake.h>
#include <dispatch/wakeup.h>
#include <trace/emit.h>

/// Copies of the endpoints that get the interrupts; empty slots are interrupts that nobody wants. Slots must
/// be in the window, so this is not in the kernel's private data.
static struct cte *endpoints;

void interrupt_init(lpaddr_t table)
{
    memory_zero(table, INTERRUPT_TABLE_BYTES);
    endpoints = phys_to_virt(table);
}

/// Tells a driver. One that runs, and has other threads to look after, looks which of them waits for it.
static void deliver(unsigned irq)
{
    const struct capability *endpoint = &endpoints[irq].cap;
    const struct lmp_message message = {.header = 1 << LMP_COUNT_SHIFT,
                                        .words = (const uint64_t[LMP_MSG_WORDS]){irq}};
    // A full ring means that its driver has interrupts to look after anyway; it stays masked until then.
    (void)lmp_deliver(endpoint, &message);
    struct dcb *driver = dcb_from_phys(endpoint->base);
    if (driver->state == DISPATCHER_STATE_RUNS && driver->wait == WAIT_NONE
        && *(const volatile uint32_t *)&driver->disp->busy) {
        wakeup_notify(driver);
    }
}

/// An interrupt that another core has sent, or this one to itself.
static void handle_from_core(unsigned sgi)
{
    if (sgi < GIC_SGI_WAKE + CORE_WAKE_GROUPS) {
        wake_group(sgi - GIC_SGI_WAKE);
    } else if (sgi == GIC_SGI_CONTINUE) {
        wake_go_on();
    } else if (sgi == GIC_SGI_HALT) {
        trace_dispatch_interrupt_end(sgi);
        core_halt();
    }
}

void interrupt_handle(void)
{
    unsigned irq;
    while ((irq = gic_acknowledge()) < GIC_IRQS) {
        trace_dispatch_interrupt_begin(irq);
        if (irq == GIC_TIMER_IRQ) {
            schedule_timer_interrupt();
        } else if (irq < GIC_SGIS) {
            handle_from_core(irq);
        } else {
            gic_disable(irq);
            if (endpoints[irq].cap.type == ObjType_EndPoint) {
                deliver(irq);
            }
        }
        gic_end(irq);
        trace_dispatch_interrupt_end(irq);
    }
    wake_continue();
}

/// A dispatcher that ends leaves its interrupts as they are, masked from the next one on, since it may have
/// many: they go to whoever wants them next, or with a revoke.
static bool has_ended(const struct cte *endpoint)
{
    return dcb_from_phys(endpoint->cap.base)->state == DISPATCHER_STATE_ENDED;
}

errval_t interrupt_connect(unsigned irq, struct cte *endpoint)
{
    if (irq >= GIC_IRQS || irq < GIC_FIRST_SPI) { // the private ones are the kernel's
        return SYS_ERR_IRQ_NUMBER;
    }
    if (endpoints[irq].cap.type != ObjType_Null && !has_ended(&endpoints[irq])) {
        return SYS_ERR_IRQ_IN_USE;
    }
    if (has_ended(endpoint)) {
        return SYS_ERR_LMP_NO_TARGET;
    }
    if (cap_is_linked(&endpoint->cap)) {
        return SYS_ERR_CAP_NOT_COPYABLE;
    }
    if (endpoints[irq].cap.type != ObjType_Null) {
        gic_disable(irq);
        caps_delete(&endpoints[irq]);
    }
    errval_t err = caps_copy(&endpoints[irq], endpoint);
    if (err_is_ok(err)) {
        endpoints[irq].mdb.holder = SLOT_OF_INTERRUPT;
        gic_enable(irq);
    }
    return err;
}

errval_t interrupt_acknowledge(unsigned irq)
{
    if (irq >= GIC_IRQS || endpoints[irq].cap.type == ObjType_Null) {
        return SYS_ERR_IRQ_NUMBER;
    }
    gic_enable(irq);
    return SYS_ERR_OK;
}

void interrupt_lose_endpoint(struct cte *endpoint)
{
    gic_disable((unsigned)(endpoint - endpoints));
}
