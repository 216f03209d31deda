/**
 * Interrupts of this core: the timer is the scheduler's, all others go to endpoints.
 */
#ifndef KERNEL_INTERRUPT_H
#define KERNEL_INTERRUPT_H

#include <arch/armv8/gic.h>
#include <cap/cap.h>

#define INTERRUPT_TABLE_BYTES (GIC_IRQS * sizeof(struct cte))

/// Takes memory of INTERRUPT_TABLE_BYTES for the endpoints of interrupts.
void interrupt_init(lpaddr_t table);

/// Handles every interrupt that is pending.
void interrupt_handle(void);

/// From now on interrupt `irq` is an empty message to `endpoint`; it stays masked until it is acknowledged.
errval_t interrupt_connect(unsigned irq, struct cte *endpoint);
errval_t interrupt_acknowledge(unsigned irq);

#endif
