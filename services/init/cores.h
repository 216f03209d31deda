/**
 * The cores of the machine, as this core's monitor sees them.
 *
 * The first core's monitor starts all others, and says which of them do not come. Each of the others begins
 * with its share of RAM, opens its channels to all monitors, and starts the services that every core has.
 */
#ifndef INIT_CORES_H
#define INIT_CORES_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>
#include <stdbool.h>
#include <stdint.h>

#define HOME_CORE 0 ///< Of the services that there are once for all cores.

/**
 * On the first core: starts the others, and serves until each runs or its time is over; then that is said on
 * the console, and the system goes on without it.
 *
 * \param wanted how many are to run, with this one; 0: all
 */
errval_t cores_start(unsigned wanted);

/// On any other: begins to talk to the others.
errval_t cores_join(void);

/// True if a core runs, as far as is known here.
bool cores_runs(coreid_t core);

/// The cores that run: bit n is core n.
uint64_t cores_running(void);

/// Makes a capability with which a domain may wake a core and nothing else, in a slot of the caller's.
errval_t cores_grant_wake(coreid_t core, struct capref *ret);

#endif
