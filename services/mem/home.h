/**
 * The memory server of the first core, as that of another core sees it: the source of what that one runs
 * short of, if the axis `ram` says so (ram/share.h).
 */
#ifndef MEM_HOME_H
#define MEM_HOME_H

#include <abi/errno.h>
#include <abi/types.h>
#include <stdbool.h>

/// Begins to use it, if the axis says so. Blocks on the monitors.
void home_use(void);

/// True if this server has it for a source.
bool home_is_used(void);

/// Asks it for memory. Blocks. \return false if it gives none, or is not used
bool home_ask(gensize_t bytes, gensize_t alignment);

#endif
