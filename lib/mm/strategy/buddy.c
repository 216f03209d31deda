/**
 * Buddies: blocks of 2^n pages at multiples of their size, split in halves and merged with their other half.
 *
 * Each region has a binary tree over the smallest aligned block that covers it. A half is all free, all in
 * use (also where the block reaches beyond the region), or split by a node. Halves in the same state merge at
 * once, used ones as well: so an allocation need not be a power of two large (what it leaves of its block
 * stays free), any part of it can be freed, and an operation visits two paths through the tree at most.
 *
 * What it costs beside searching all ranges: an allocation is found only where a whole free block has room
 * for it, so n pages need the next power of two free at a multiple of itself.
 */
#include <mm/strategy/strategy.h>

/// A split block, whose halves are those of the next lower order.
struct mm_node {
    struct mm_node *split[2]; ///< NULL: the half is a leaf.
    uint8_t largest[2];       ///< 1 + order of the largest free block in the half, 0 if there is none.
};

const size_t strategy_node_bytes = sizeof(struct mm_node);

static gensize_t block_bytes(unsigned order)
{
    return BASE_PAGE_SIZE << order;
}

/// The order of the smallest block that has `bytes` in it.
static unsigned order_of(gensize_t bytes)
{
    return bytes <= BASE_PAGE_SIZE ? 0 : 64 - (unsigned)__builtin_clzl((bytes - 1) >> BASE_PAGE_BITS);
}

/// Address of the block that a region's tree covers.
static genpaddr_t root_base(const struct region *region)
{
    return ROUND_DOWN(region->base, block_bytes(region->order));
}

/*
 * The functions below are about the block of `order` at `base`, which part of the range from `from` to `to`
 * lies in. `split` and `largest` are what its parent, or the region, says about it.
 */

static bool inside(unsigned order, genpaddr_t base, genpaddr_t from, genpaddr_t to)
{
    return from <= base && base + block_bytes(order) <= to;
}

/// Whether no page of the range is free.
static bool is_used(struct ranges *ranges, const struct mm_node *split, unsigned largest, unsigned order,
                    genpaddr_t base, genpaddr_t from, genpaddr_t to)
{
    RANGES_VISIT(ranges);
    if (!split || inside(order, base, from, to)) {
        return largest == 0;
    }
    genpaddr_t middle = base + block_bytes(order - 1);
    return (from >= middle || is_used(ranges, split->split[0], split->largest[0], order - 1, base, from, to))
           && (to <= middle
               || is_used(ranges, split->split[1], split->largest[1], order - 1, middle, from, to));
}

/// How many leaves must be split before each leaf lies inside or outside of the range.
static size_t splits(const struct mm_node *split, unsigned order, genpaddr_t base, genpaddr_t from,
                     genpaddr_t to)
{
    if (inside(order, base, from, to)) {
        return 0;
    }
    size_t count = !split;
    genpaddr_t middle = base + block_bytes(order - 1);
    if (from < middle) {
        count += splits(split ? split->split[0] : NULL, order - 1, base, from, to);
    }
    if (to > middle) {
        count += splits(split ? split->split[1] : NULL, order - 1, middle, from, to);
    }
    return count;
}

/// Makes the range free or used, all of which is in the other state. There are nodes enough.
/// \return the block's new `largest`
static unsigned set(struct ranges *ranges, struct mm_node **split, unsigned largest, unsigned order,
                    genpaddr_t base, genpaddr_t from, genpaddr_t to, bool free)
{
    RANGES_VISIT(ranges);
    if (inside(order, base, from, to)) {
        return free ? order + 1 : 0;
    }
    struct mm_node *node = *split;
    if (!node) {
        uint8_t half = largest ? (uint8_t)order : 0;
        node = *split = slab_alloc(&ranges->nodes);
        *node = (struct mm_node){.largest = {half, half}};
    }
    genpaddr_t middle = base + block_bytes(order - 1);
    if (from < middle) {
        node->largest[0] =
            (uint8_t)set(ranges, &node->split[0], node->largest[0], order - 1, base, from, to, free);
    }
    if (to > middle) {
        node->largest[1] =
            (uint8_t)set(ranges, &node->split[1], node->largest[1], order - 1, middle, from, to, free);
    }
    unsigned low = node->largest[0], high = node->largest[1];
    if (!node->split[0] && !node->split[1] && (low != 0) == (high != 0)) {
        slab_free(&ranges->nodes, node);
        *split = NULL;
        return low ? order + 1 : 0;
    }
    return low > high ? low : high;
}

static void set_in_region(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes,
                          bool free)
{
    region->largest = (uint8_t)set(ranges, &region->root, region->largest, region->order, root_base(region),
                                   base, base + bytes, free);
    ranges_region_changed(ranges, region);
}

static bool has_nodes(struct ranges *ranges, const struct region *region, genpaddr_t base, gensize_t bytes)
{
    size_t nodes = slab_freecount(&ranges->nodes);
    // Counting is as long as the operation itself, so only where it matters.
    return nodes >= 2 * region->order
           || nodes >= splits(region->root, region->order, root_base(region), base, base + bytes);
}

size_t strategy_max_nodes(const struct ranges *ranges)
{
    return 2 * (ranges->order + 1); // Two paths to the leaves.
}

errval_t strategy_add(struct ranges *ranges, struct region *region, bool free)
{
    genpaddr_t last = region->base + region->bytes - 1;
    region->order = order_of(region->bytes);
    while ((region->base ^ last) / block_bytes(region->order) != 0) {
        region->order++;
    }
    if (free && !has_nodes(ranges, region, region->base, region->bytes)) {
        return MM_ERR_NODES;
    }
    if (free) {
        set_in_region(ranges, region, region->base, region->bytes, true);
    }
    ranges->order = region->order > ranges->order ? region->order : ranges->order;
    return SYS_ERR_OK;
}

/// All free, it is split nowhere but at its ends.
void strategy_remove(struct ranges *ranges, struct region *region)
{
    if (region->free_bytes > 0) {
        set_in_region(ranges, region, region->base, region->bytes, false);
    }
}

void strategy_room(gensize_t *bytes, gensize_t *alignment)
{
    *bytes = *alignment = block_bytes(order_of(*bytes > *alignment ? *bytes : *alignment));
}

/// The region with the lowest address that has such a block, or NULL.
static struct region *find_region(struct ranges *ranges, unsigned wanted)
{
    struct region *region = (struct region *)ranges->regions.root;
    while (region && region->largest_in_subtree >= wanted) {
        struct region *before = (struct region *)region->rb.child[0];
        RANGES_VISIT(ranges);
        if (before && before->largest_in_subtree >= wanted) {
            region = before;
        } else if (region->largest >= wanted) {
            return region;
        } else {
            region = (struct region *)region->rb.child[1];
        }
    }
    return NULL;
}

errval_t strategy_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base,
                        struct region **ret)
{
    unsigned wanted = order_of(bytes > alignment ? bytes : alignment) + 1;
    struct region *region = find_region(ranges, wanted);
    if (!region) {
        return MM_ERR_OUT_OF_MEMORY;
    }
    genpaddr_t at = root_base(region);
    unsigned order = region->order;
    for (const struct mm_node *node = region->root; node;) {
        // The half whose largest block is the smallest that will do: large blocks stay whole.
        unsigned low = node->largest[0], high = node->largest[1];
        RANGES_VISIT(ranges);
        unsigned half = low < wanted || (high >= wanted && high < low);
        order--;
        at += half * block_bytes(order);
        node = node->split[half];
    }
    if (!has_nodes(ranges, region, at, bytes)) {
        return MM_ERR_NODES;
    }
    set_in_region(ranges, region, at, bytes, false);
    *base = at;
    *ret = region;
    return SYS_ERR_OK;
}

errval_t strategy_check_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    if (!is_used(ranges, region->root, region->largest, region->order, root_base(region), base,
                 base + bytes)) {
        return MM_ERR_DOUBLE_FREE;
    }
    return has_nodes(ranges, region, base, bytes) ? SYS_ERR_OK : MM_ERR_NODES;
}

errval_t strategy_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    errval_t err = strategy_check_free(ranges, region, base, bytes);
    if (err_is_ok(err)) {
        set_in_region(ranges, region, base, bytes, true);
    }
    return err;
}
