/**
 * Memory of this core that other cores have capabilities of, and taking it back before it is used anew.
 *
 * What is noted here follows from what the monitor itself has sent. A page that other domains may read says
 * roughly which memory that is, so that who gives memory out need not ask for all of it: bit n of it stands
 * for RECALL_GRAIN_BYTES from n * RECALL_GRAIN_BYTES on, and those that are as many as there are bits further
 * up.
 */
#ifndef INIT_RECALL_H
#define INIT_RECALL_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>
#include <stdbool.h>
#include <stdint.h>

/// Once, before others.
void recall_init(void);

/// Memory is going to be sent to a core.
errval_t recall_note(coreid_t core, genpaddr_t base, gensize_t bytes);

/**
 * Has all other cores delete what they have of a range, and calls `done` when none of them has any of it;
 * that may be before this returns. A core that is parked does so when it goes on.
 *
 * \return SYS_ERR_OK, or LIB_ERR_MALLOC_FAIL; then `done` is not called
 */
errval_t recall(genpaddr_t base, gensize_t bytes, void (*done)(void *argument), void *argument);

#define RECALL_EVERYTHING (UINT64_MAX / 2) ///< Bytes, from 0 on.

/// True if other cores may have anything of this one.
bool recall_has_any(void);

/// A copy of the page's capability, to be read, in a slot of the caller's.
errval_t recall_grant_map(struct capref *ret);

#endif
