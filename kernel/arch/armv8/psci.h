/**
 * Power State Coordination Interface (Arm DEN 0022): the firmware below the kernel.
 */
#ifndef ARMV8_PSCI_H
#define ARMV8_PSCI_H

#include <abi/types.h>

#define PSCI_SUCCESS 0 ///< Errors are negative.

#define PSCI_AFFINITY_ON         0
#define PSCI_AFFINITY_OFF        1
#define PSCI_AFFINITY_ON_PENDING 2

/// Says how the firmware is called: SMC if the kernel was entered at EL2, else HVC.
void psci_init(bool smc);

/// Has psci_system_off start the machine again instead, so that its boot loader can load the next image.
void psci_reset_at_end(void);

/**
 * Starts a core at a physical address, with the MMU off.
 *
 * \param target as in MPIDR_EL1, affinity fields only
 * \return PSCI_SUCCESS: it will come; or the firmware's error
 */
int64_t psci_cpu_on(uint64_t target, lpaddr_t entry);

/// Switches the core that runs off. Returns only the firmware's error.
int64_t psci_cpu_off(void);

/// PSCI_AFFINITY_* of a core, or the firmware's error.
int64_t psci_affinity(uint64_t target);

/// Switches the machine off.
_Noreturn void psci_system_off(void);

#endif
