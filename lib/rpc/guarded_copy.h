/**
 * Copying from and to memory that somebody else may take away meanwhile.
 */
#ifndef LIB_RPC_GUARDED_COPY_H
#define LIB_RPC_GUARDED_COPY_H

#include <stdbool.h>
#include <stddef.h>

/// Copies like memcpy(). \return false if some of the memory was not there; then part of it may be copied
bool rpc_guarded_copy(void *to, const void *from, size_t bytes);

#endif
