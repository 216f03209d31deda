/**
 * The dispatcher that runs. Inline, since every system call begins with it: a call would have it save all its
 * arguments first.
 */
#ifndef ARMV8_CURRENT_H
#define ARMV8_CURRENT_H

#include <arch/armv8/sysreg.h>

struct dcb;

/// The dispatcher that runs, or NULL while the core idles. Kept in TPIDR_EL1.
static inline struct dcb *dcb_current(void)
{
    return (struct dcb *)sysreg_read(tpidr_el1);
}

#endif
