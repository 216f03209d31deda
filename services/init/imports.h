/**
 * Capabilities that are made here of what another core's monitor said, and what leaves this core.
 *
 * This is the place of the protocol for capabilities of several cores. What there is of it: RAM moves, frames
 * are shared, and before memory is given to somebody else all other cores delete what they have of it.
 */
#ifndef INIT_IMPORTS_H
#define INIT_IMPORTS_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/capabilities.h>

/// A capability is going to leave this core: checks that it may, and notes it. \param info what it is
errval_t export_prepare(struct capref cap, coreid_t core, bool may_move_ram, struct capability_info *info);

/// Makes a capability for a domain of this core, in a slot of the caller's.
errval_t import_cap(enum objtype type, unsigned rights, genpaddr_t base, gensize_t bytes, struct capref *ret);

/// Deletes all that is here of a range of another core's memory, whoever has it.
void imports_delete(genpaddr_t base, gensize_t bytes);

/// Makes a frame that the monitor keeps, with all rights, in a slot of the caller's.
errval_t import_frame(genpaddr_t base, gensize_t bytes, struct capref *ret);

/// Deletes one of import_frame(), with all copies of it on this core.
void import_drop(struct capref frame);

#endif
