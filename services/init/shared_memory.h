/**
 * Memory that other domains are to have as well.
 */
#ifndef INIT_SHARED_MEMORY_H
#define INIT_SHARED_MEMORY_H

#include <abi/errno.h>
#include <aos/caddr.h>
#include <stddef.h>

/**
 * Makes a frame and maps it here. On an error nothing of it stays.
 *
 * \param bytes  a multiple of BASE_PAGE_SIZE
 * \param frame  set to its capability
 * \param memory set to where it is, cleared
 */
errval_t shared_memory_make(size_t bytes, struct capref *frame, void **memory);

#endif
