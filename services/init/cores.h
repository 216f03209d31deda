/**
 * The cores of the machine, as this core's monitor sees them.
 */
#ifndef INIT_CORES_H
#define INIT_CORES_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>
#include <stdbool.h>
#include <stdint.h>

#define HOME_CORE 0 ///< Of the services that there are once for all cores.

/// True if a core runs, as far as is known here.
bool cores_runs(coreid_t core);

/// The cores that run: bit n is core n.
uint64_t cores_running(void);

/**
 * Makes a capability with which a domain may wake a core, in a slot of the caller's.
 *
 * \param other what it gets where the machine has no such right to give
 */
errval_t cores_grant_wake(coreid_t core, struct capref other, struct capref *ret);

#endif
