/**
 * Memory as capabilities, out of the RAM that the domain was started with (in init: all there is).
 *
 * One memory manager (aos/mm.h) a domain. Memory that was freed while somebody else still had a capability of
 * it is noticed when it would be used again, passed over, and counts as allocated until it is freed again.
 */
#ifndef AOS_RAM_ALLOC_H
#define AOS_RAM_ALLOC_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>

/// Finds the RAM capabilities in the memory CNode. Called once at start-up.
void ram_alloc_init(void);

/**
 * Allocates a RAM capability.
 *
 * \param bytes rounded up to pages
 * \return SYS_ERR_OK, or LIB_ERR_RAM_ALLOC on top of the reason (LIB_ERR_RAM_ALLOC_EXHAUSTED: no memory left)
 */
errval_t ram_alloc(struct capref *ret, size_t bytes);

/// The same, aligned to `alignment` bytes, a power of two and at least a page.
errval_t ram_alloc_aligned(struct capref *ret, size_t bytes, size_t alignment);

/**
 * Makes one object of any type that can be retyped from RAM, in the empty slot `dest`, which may lie in any
 * CSpace.
 *
 * \param bytes its size in bytes; it takes whole pages from the allocator
 */
errval_t ram_alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment);

/**
 * Deletes the capability of memory that came from this allocator, whatever its type, and takes the memory
 * back. The slot is freed.
 *
 * \return SYS_ERR_OK, MM_ERR_FOREIGN for memory that is not from here, MM_ERR_DOUBLE_FREE if it is free
 * already, MM_ERR_DESCENDANTS while anything that was made from it lives, or what else mm_free gives; then
 * the capability is still there. It should be the last capability of the memory: the kernel makes no objects
 * of memory that others still have.
 */
errval_t ram_free(struct capref cap);

/// Takes memory back whose capabilities are gone.
errval_t ram_free_region(genpaddr_t base, gensize_t bytes);

/// Bytes that are not allocated.
gensize_t ram_alloc_free_bytes(void);

/// Bytes that are allocated for what the library itself keeps track with, or keeps ready: nodes, capability
/// slots, page tables, and what malloc() has got for small blocks. It grows until it suffices. With the free
/// bytes, it is the same whenever a program has given back what it took.
gensize_t ram_alloc_kept_bytes(void);

/**
 * Allocates a frame: cleared memory that can be mapped.
 *
 * \param retbytes its size, `bytes` rounded up to pages; may be NULL
 */
errval_t frame_alloc(struct capref *ret, size_t bytes, size_t *retbytes);

#endif
