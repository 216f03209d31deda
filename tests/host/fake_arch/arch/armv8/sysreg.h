/**
 * Instead of kernel/arch/armv8/sysreg.h: a core of the host, in the test.
 */
#ifndef ARMV8_SYSREG_H
#define ARMV8_SYSREG_H

/// Until the next interrupt.
void wfi(void);

#endif
