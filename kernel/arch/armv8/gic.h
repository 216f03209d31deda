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

/* Software-generated interrupts, those of one core to another. */
#define GIC_SGIS         16
#define GIC_SGI_WAKE     0  ///< From here on CORE_WAKE_GROUPS of them: a wake of that group.
#define GIC_SGI_CONTINUE 8  ///< A core to itself: there is more to do.
#define GIC_SGI_HALT     15 ///< Another core has panicked: stop.

#define GIC_NO_AFFINITY UINT32_MAX

/**
 * Maps the controller's registers, and counts the cores, which are numbered in the order of their
 * redistributors but for the first, which is number 0.
 *
 * \param first affinity of the first core (gic_affinity() of 0 there); GIC_NO_AFFINITY: this is the first
 * \return number of cores, at most CORES_MAX. Panics if this core is not among them.
 */
unsigned gic_find_cores(lpaddr_t distributor, lpaddr_t redistributors, gensize_t redistributors_bytes,
                        uint32_t first);

/// The number of the core that runs, as gic_find_cores() counted.
unsigned gic_core(void);

/// Affinity fields of a core, packed: Aff3.Aff2.Aff1.Aff0, a byte each.
uint32_t gic_affinity(unsigned core);

/// Takes the distributor into use, once a machine.
void gic_init(void);

/// Sets up this core's redistributor and CPU interface.
void gic_init_core(void);

/// Undoes that: no interrupt reaches a core that is about to be switched off. Those that come stay pending.
void gic_park_core(void);

void gic_enable(unsigned irq);
void gic_disable(unsigned irq);

/// Acknowledges the interrupt of highest priority; GIC_NONE if there is none.
unsigned gic_acknowledge(void);
void gic_end(unsigned irq);

#endif
