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
#include <aos/caddr.h>
#include <aos/slab.h>
#include <collections/rb_tree.h>

/// Regions for which there is room from the start; for more, `records` has to grow.
#define RANGES_REGIONS 64

/// Memory that was added as one piece. Free ranges of two regions never become one: no object can be made of
/// two capabilities.
struct region {
    struct rb_node rb; ///< In the tree of regions. First, so that one is the other.
    genpaddr_t base;
    gensize_t bytes;
    gensize_t free_bytes;
    struct mm_node *root;       ///< For the strategy.
    uint8_t largest, order;     ///< For the strategy.
    uint8_t largest_in_subtree; ///< The largest `largest` among the regions below this one, and its own.
    bool is_removable; ///< Set by the owner: it is to be found in `idle` when nothing of it is allocated.
    bool is_idle;      ///< It stands in `idle`.
    struct region *prev, *next; ///< In `idle`.
    struct capref cap;          ///< The owner's.
};

struct ranges {
    struct rb_tree regions; ///< Of struct region, by address.
    unsigned region_count;
    gensize_t free_bytes;
    struct region *idle;           ///< Removable regions of which nothing is allocated.
    struct slab_allocator records; ///< For regions.
    struct region first_records[RANGES_REGIONS];
    struct slab_allocator nodes;
    struct mm_node *root; ///< For the strategy: its list or tree over all regions.
    unsigned order;       ///< For the strategy.
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

/// Sets up without regions and without nodes. The slabs have no refill functions: they must not run in the
/// middle of an operation. It stays where it is.
void ranges_init(struct ranges *ranges);

/// How many nodes one operation on these regions takes at most.
size_t ranges_nodes_an_operation(const struct ranges *ranges);

/**
 * Adds a region, all free.
 *
 * \param ret may be NULL
 * \return SYS_ERR_OK, MM_ERR_ARGUMENT, MM_ERR_REGION_OVERLAP, MM_ERR_REGIONS or MM_ERR_NODES
 */
errval_t ranges_add(struct ranges *ranges, genpaddr_t base, gensize_t bytes, struct region **ret);

/// The same, all of it allocated.
errval_t ranges_add_taken(struct ranges *ranges, genpaddr_t base, gensize_t bytes, struct region **ret);

/// Takes a region away of which all or nothing is allocated, and nobody needs what is. `region` is gone then.
void ranges_remove(struct ranges *ranges, struct region *region);

/// What a region must have so that, while it is empty, an allocation finds room in it: makes both arguments
/// larger where the strategy needs more.
void ranges_room(gensize_t *bytes, gensize_t *alignment);

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
struct region *ranges_region(const struct ranges *ranges, genpaddr_t base, gensize_t bytes);

/// For strategies: `largest` of a region has changed.
static inline void ranges_region_changed(struct ranges *ranges, struct region *region)
{
    rb_changed(&ranges->regions, &region->rb);
}

#endif
