/**
 * Reading the current domain's memory without trusting its addresses.
 */
#ifndef ARMV8_USER_MEMORY_H
#define ARMV8_USER_MEMORY_H

#include <abi/types.h>

/// Copies `bytes` from `address` of the current domain; false if it could not read all of that itself. At
/// most a few pages.
bool user_memory_read(lvaddr_t address, void *to, size_t bytes);

/// The same for larger amounts: 16 bytes a load, from any address to any in the physical window.
bool user_memory_copy(lvaddr_t address, void *to, size_t bytes);

#endif
