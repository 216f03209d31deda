/**
 * Memory as capabilities, out of the RAM that the domain was started with (in init: all there is), and out of
 * what it borrows from a source when it runs short: the memory server.
 *
 * One memory manager (aos/mm.h) a domain. What the source gives is a piece that many allocations come from;
 * when nothing of a piece is in use any more, and enough else is free, it goes back. docs/memory.md tells
 * more. Memory that was freed while somebody else still had a capability of it is noticed when it would be
 * used again, passed over, and counts as allocated until it is freed again.
 */
#ifndef AOS_RAM_ALLOC_H
#define AOS_RAM_ALLOC_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>

/// Finds the RAM capabilities in the memory CNode. Called once at start-up.
void ram_alloc_init(void);

/// Where more RAM comes from. One thread at a time is in it; it may block, but must not wait for a thread
/// that allocates. What it allocates itself comes from what is there.
struct ram_source {
    /**
     * Brings a RAM capability, in a slot that is the allocator's then.
     *
     * \param alignment a power of two, at least OBJSIZE_L2CNode
     * \return what callers find below LIB_ERR_RAM_ALLOC_EXHAUSTED
     */
    errval_t (*get)(void *context, gensize_t bytes, gensize_t alignment, struct capref *ret);
    /// Takes back all of what get() brought at once, the capability of which is gone. NULL: nothing goes back
    errval_t (*give_back)(void *context, genpaddr_t base, gensize_t bytes);
    void *context;
};

/// Sets the source: the memory server, for domains that have one. Called at start-up, when there are slots.
void ram_alloc_set_source(const struct ram_source *source);

/// A function that allocates RAM capabilities.
typedef errval_t (*ram_alloc_func_t)(struct capref *ret, size_t size, size_t alignment);

/**
 * Sets where RAM comes from that is not there yet (document C, chapter 5).
 *
 * \param function NULL: the source that was set last with ram_alloc_set_source(), the memory server
 * \return SYS_ERR_OK, or LIB_ERR_RAM_ALLOC_NO_SOURCE if there is none
 */
errval_t ram_alloc_set(ram_alloc_func_t function);

/**
 * Allocates a RAM capability.
 *
 * \param bytes rounded up to pages
 * \return SYS_ERR_OK, or LIB_ERR_RAM_ALLOC on top of the reason (LIB_ERR_RAM_ALLOC_EXHAUSTED: no memory
 * left, with what the source says below it)
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

/// Bytes that are here and not allocated.
gensize_t ram_alloc_free_bytes(void);

/// Bytes that are allocated for what the library itself keeps track with, or keeps ready: nodes, capability
/// slots, page tables, and what malloc() has got for small blocks. It grows until it suffices. With the free
/// bytes, and without what is borrowed, it is the same whenever a program has given back what it took.
gensize_t ram_alloc_kept_bytes(void);

/// Bytes that came from the source and have not gone back.
gensize_t ram_alloc_borrowed_bytes(void);

/**
 * Allocates a frame: cleared memory that can be mapped.
 *
 * \param retbytes its size, `bytes` rounded up to pages; may be NULL
 */
errval_t frame_alloc(struct capref *ret, size_t bytes, size_t *retbytes);

#endif
