/**
 * Power State Coordination Interface (Arm DEN 0022): the firmware below the kernel.
 */
#ifndef ARMV8_PSCI_H
#define ARMV8_PSCI_H

#include <stdbool.h>

/// Says how the firmware is called: SMC if the kernel was entered at EL2, else HVC.
void psci_init(bool smc);

/// Has psci_system_off start the machine again instead, so that its boot loader can load the next image.
void psci_reset_at_end(void);

/// Switches the machine off.
_Noreturn void psci_system_off(void);

#endif
