/**
 * How RAM is divided between the cores: the axis `ram`, one file a value.
 *
 * Each core's memory server has RAM of its own, which it gets when the core starts.
 */
#ifndef MEM_RAM_SHARE_H
#define MEM_RAM_SHARE_H

#include <abi/types.h>
#include <stdbool.h>

/**
 * What a core gets when it starts.
 *
 * \param available what the first core has, in bytes
 * \param cores     that share it, with the first
 * \param least     a core does not start with less
 */
gensize_t ram_first_share(gensize_t available, unsigned cores, gensize_t least);

/// True if a memory server that has nothing left asks that of the first core for more, and gives it back.
extern const bool ram_may_ask;

#endif
