/**
 * Which physical addresses are free: the part of the memory manager that knows no capabilities.
 *
 * Sizes and addresses are multiples of the page. What is allocated is not remembered block by block: any part
 * of a region whose pages are all allocated can be freed. Nothing here allocates or blocks: nodes come from
 * the slab `nodes`, which the owner keeps filled, and an operation that fails has changed nothing. The work
 * is done by the strategy that the build chose (strategy/strategy.h).
 */
#ifndef MM_RANGES_H
#define MM_RANGES_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/slab.h>

#define RANGES_REGIONS 64

/// Memory that was added as one piece. Free ranges of two regions never become one.
struct region {
    genpaddr_t base;
    gensize_t bytes;
    unsigned number;         ///< How many regions were added before it.
    struct mm_node *root;    ///< For the strategy.
    unsigned largest, order; ///< For the strategy.
};

struct ranges {
    struct region regions[RANGES_REGIONS]; ///< Sorted by address.
    unsigned region_count;
    gensize_t free_bytes;
    struct slab_allocator nodes;
    struct mm_node *root; ///< For the strategy: its list or tree over all regions.
    bool remembers;       ///< For the strategy.
    bool untraced;        ///< Set by who uses ranges for something other than the domain's memory.
    uint64_t visits;      ///< Nodes looked at so far, where the build counts them.
};

/// A strategy says with this that it looks at a node. Tests count it; elsewhere it is nothing.
#ifdef MM_COUNT_VISITS
#define RANGES_VISIT(ranges) ((ranges)->visits++)
#else
#define RANGES_VISIT(ranges) ((void)(ranges))
#endif

/// Sets up without regions and without nodes. The slab has no refill function: it must not run in the middle
/// of an operation.
void ranges_init(struct ranges *ranges);

/// How many nodes one operation on these regions takes at most.
size_t ranges_nodes_an_operation(const struct ranges *ranges);

/**
 * Adds a region, all free.
 *
 * \param number set to the region's number, counted from 0; may be NULL
 * \return SYS_ERR_OK, MM_ERR_ARGUMENT, MM_ERR_REGION_OVERLAP, MM_ERR_REGIONS or MM_ERR_NODES
 */
errval_t ranges_add(struct ranges *ranges, genpaddr_t base, gensize_t bytes, unsigned *number);

/**
 * Takes a range out of one region.
 *
 * \param alignment of its first address, a power of two; less than a page means a page
 * \return SYS_ERR_OK, MM_ERR_ARGUMENT, MM_ERR_OUT_OF_MEMORY or MM_ERR_NODES
 */
errval_t ranges_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base);

/// What ranges_free() would return.
errval_t ranges_check_free(struct ranges *ranges, genpaddr_t base, gensize_t bytes);

/**
 * Gives back a range, all of which is allocated.
 *
 * \return SYS_ERR_OK, MM_ERR_ARGUMENT, MM_ERR_FOREIGN (not inside one region), MM_ERR_DOUBLE_FREE (part of it
 * is free) or MM_ERR_NODES
 */
errval_t ranges_free(struct ranges *ranges, genpaddr_t base, gensize_t bytes);

/// The region that the whole range lies in, or NULL.
struct region *ranges_region(struct ranges *ranges, genpaddr_t base, gensize_t bytes);

#endif
