/**
 * The physical memory manager: objects made from parts of RAM capabilities (document B 2, document E step 1).
 *
 * It is given capabilities of whole regions, keeps them, and makes every object straight from its region's,
 * so that nothing stands between an object and its region. Which free range an allocation takes is the
 * strategy that the build chose (axis `alloc`). What is freed becomes one range with what is free beside it,
 * in any order and in any parts. docs/memory.md tells guarantees and costs.
 *
 * A manager is used by one thread at a time. That of the domain (aos/ram_alloc.h) is for all.
 */
#ifndef AOS_MM_H
#define AOS_MM_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>
#include <aos/slab.h>
#include <mm/ranges.h>

struct mm {
    enum objtype objtype;
    struct ranges ranges;
    slab_refill_func_t refill;
    bool refilling;
};

/**
 * Sets up a manager without memory.
 *
 * \param objtype     of the capabilities that it will be given, and makes
 * \param slab_refill adds nodes, and may itself allocate from this manager; NULL if there are only those of
 * the buffer \param slab_buf    memory for the first nodes, which stays in use; MM_BUFFER_BYTES are enough
 * for anything
 */
void mm_init(struct mm *mm, enum objtype objtype, slab_refill_func_t slab_refill, void *slab_buf,
             size_t slab_bufsz);

#define MM_BUFFER_BYTES 0x6000

/**
 * Adds the region of a capability, which stays the manager's.
 *
 * \return SYS_ERR_OK, MM_ERR_TYPE, MM_ERR_ARGUMENT (not whole pages), MM_ERR_REGION_OVERLAP, MM_ERR_REGIONS,
 * MM_ERR_NODES
 */
errval_t mm_add(struct mm *mm, struct capref cap);

/**
 * Makes a capability of `bytes`, rounded up to pages, in a new slot.
 *
 * \return SYS_ERR_OK, MM_ERR_ARGUMENT, MM_ERR_OUT_OF_MEMORY, MM_ERR_NODES, or what slot_alloc or cap_retype
 * failed with; then nothing has changed
 */
errval_t mm_alloc(struct mm *mm, gensize_t bytes, struct capref *retcap);

/// The same at a multiple of `alignment`, a power of two.
errval_t mm_alloc_aligned(struct mm *mm, gensize_t bytes, gensize_t alignment, struct capref *retcap);

/// The same as an object of any type that can be made from the manager's, in the empty slot `dest` of any
/// CSpace.
errval_t mm_alloc_object(struct mm *mm, struct capref dest, enum objtype type, gensize_t bytes,
                         gensize_t alignment);

/// Retypes a range that was taken out of the free ones (mm/ranges.h), all or part of it: the second half of
/// mm_alloc_object().
errval_t mm_make_object(struct mm *mm, struct capref dest, enum objtype type, genpaddr_t base,
                        gensize_t bytes);

/**
 * Deletes a capability of memory that came from here, whatever its type, frees its slot and takes the memory
 * back. It may be of a part of what was allocated.
 *
 * \return SYS_ERR_OK, MM_ERR_FOREIGN, MM_ERR_DOUBLE_FREE, MM_ERR_NODES, MM_ERR_DESCENDANTS while anything
 * that was made from it lives, or why the capability could not be deleted; then the capability is still there
 */
errval_t mm_free(struct mm *mm, struct capref cap);

/// Takes memory back whose capabilities are gone. `bytes` is rounded up to pages.
errval_t mm_free_region(struct mm *mm, genpaddr_t base, gensize_t bytes);

/// Bytes that are not allocated.
gensize_t mm_free_bytes(const struct mm *mm);

#endif
