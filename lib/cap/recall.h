/**
 * Before memory is given to somebody else: other cores may have capabilities of it, which its monitor knows
 * of. For who gives memory out, or takes back what domains were made of.
 */
#ifndef LIB_CAP_RECALL_H
#define LIB_CAP_RECALL_H

#include <abi/errno.h>
#include <abi/types.h>
#include <stdbool.h>

/* The map of memory that was sent to other cores, which the monitor writes (services/init/recall.h). */
#define RECALL_GRAIN_BYTES 0x10000UL
#define RECALL_MAP_BYTES   0x4000UL
#define RECALL_MAP_BITS    (RECALL_MAP_BYTES * 8)

/// Gets the map. Without this recall_range() does nothing. Blocks on init.
errval_t recall_begin(void);

/// False if nothing of a range was ever sent to another core, or all of it is back.
bool recall_is_due(genpaddr_t base, gensize_t bytes);

/// Has other cores delete what they have of a range, if they may have any of it; else it costs next to
/// nothing. All of it must have been revoked here before. Blocks on init, and on the monitors of other cores.
errval_t recall_range(genpaddr_t base, gensize_t bytes);

#endif
