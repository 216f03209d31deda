/**
 * Slabs: blocks of one fixed size, cut from buffers that somebody hands in (document E, step 1).
 *
 * Buffers never go back. A slab without a free block says so and is otherwise as before; it works again after
 * slab_grow() or slab_free(). Every call takes constant time, but slab_grow(), which goes over what is left
 * of the buffer before. A buffer is not touched until its blocks are allocated.
 *
 * A block that is given back twice, or that is not from here, would spoil the list of free blocks: it is
 * refused and counted. What was freed bears a mark, and what lies outside of all buffers is not from here. A
 * wrong address between two buffers, or inside of a block, is not noticed.
 */
#ifndef AOS_SLAB_H
#define AOS_SLAB_H

#include <abi/errno.h>
#include <abi/types.h>

struct slab_allocator;

/// Adds blocks with slab_grow(). Must not take a block of the slab that it refills.
typedef errval_t (*slab_refill_func_t)(struct slab_allocator *slabs);

/// What a block holds that was freed.
struct slab_block {
    struct slab_block *next;
    uintptr_t mark; ///< Made of the block's address; cleared when it is allocated.
};

struct slab_allocator {
    struct slab_block *free;   ///< Blocks that were freed.
    char *unused, *unused_end; ///< Of the last buffer, the blocks that were never allocated.
    size_t blocksize;
    size_t free_count; ///< Of both.
    size_t total;      ///< Free and allocated blocks.
    slab_refill_func_t refill_func;
    bool refilling;
    uintptr_t lowest, end; ///< All buffers lie between these addresses.
    size_t refused;        ///< Frees that would have done harm. Each is a bug of who freed.
};

/**
 * Makes a slab without any block.
 *
 * \param blocksize   bytes of a block, rounded up to 16 or more and so that every block is aligned to 8 bytes
 * \param refill_func called by slab_alloc() when no block is free, and never while it runs already; may be
 * NULL
 */
void slab_init(struct slab_allocator *slabs, size_t blocksize, slab_refill_func_t refill_func);

/// Adds the blocks that fit into a buffer, which stays in use for good. A part at its end may be too small.
void slab_grow(struct slab_allocator *slabs, void *buffer, size_t bytes);

/// Takes a block, with any content. \return NULL if there is none and refilling brought none
void *slab_alloc(struct slab_allocator *slabs);

/// Gives a block back that came from slab_alloc() of the same slab. What slab_check_free() finds wrong is
/// counted in `refused`, and nothing else changes.
void slab_free(struct slab_allocator *slabs, void *block);

/// \return SYS_ERR_OK, MM_ERR_FOREIGN, or MM_ERR_DOUBLE_FREE
errval_t slab_check_free(const struct slab_allocator *slabs, const void *block);

size_t slab_freecount(const struct slab_allocator *slabs);

/// Grows a slab by mapped frames of at least `bytes` from ram_alloc. \return why there is no frame or no
/// mapping
errval_t slab_refill_pages(struct slab_allocator *slabs, size_t bytes);

/// The usual refill function: one page.
errval_t slab_default_refill(struct slab_allocator *slabs);

#endif
