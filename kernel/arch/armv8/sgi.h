/**
 * Interrupts from core to core. Inline, since a wake is little more than this.
 */
#ifndef ARMV8_SGI_H
#define ARMV8_SGI_H

#include <arch/armv8/gic.h>
#include <arch/armv8/sysreg.h>

#define SGI_ALL_OTHERS (1UL << 40) ///< Names all cores but this one.

/// By number of the core: what ICC_SGI1R_EL1 wants to name it. gic.c
extern uint64_t sgi_targets[];

/// Interrupts cores, named as ICC_SGI1R_EL1 does; all that this one stored before is seen by then.
static inline void sgi_send_to(uint64_t targets, unsigned sgi)
{
    __asm__ volatile("dsb ishst" : : : "memory");
    sysreg_write(S3_0_C12_C11_5, targets | (uint64_t)sgi << 24);
}

/// Interrupts a core. \param sgi GIC_SGI_*
static inline void sgi_send(unsigned core, unsigned sgi)
{
    sgi_send_to(sgi_targets[core], sgi);
}

#endif
