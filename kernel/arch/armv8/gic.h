/**
 * GICv3: distributor, this core's redistributor, and the CPU interface in system registers.
 */
#ifndef ARMV8_GIC_H
#define ARMV8_GIC_H

#include <abi/types.h>

#define GIC_TIMER_IRQ 27 ///< The virtual timer's private interrupt.
#define GIC_NONE      1023
#define GIC_FIRST_SPI 32
#define GIC_IRQS      512 ///< Interrupt numbers that this kernel handles.

/// Takes the distributor into use, once a machine, and finds the redistributor of this core. Returns the
/// number of cores.
unsigned gic_init(lpaddr_t distributor, lpaddr_t redistributors, gensize_t redistributors_bytes);

/// Sets up this core's redistributor and CPU interface.
void gic_init_core(void);

void gic_enable(unsigned irq);
void gic_disable(unsigned irq);

/// Acknowledges the interrupt of highest priority; GIC_NONE if there is none.
unsigned gic_acknowledge(void);
void gic_end(unsigned irq);

#endif
