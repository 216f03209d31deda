/**
 * A list of free ranges sorted by address, for the strategies that differ only in which range they take.
 *
 * Ranges of one region never touch each other. What is not free is what the list leaves out of a region.
 */
#ifndef MM_FREE_LIST_H
#define MM_FREE_LIST_H

#include <mm/strategy/strategy.h>

struct mm_node {
    genpaddr_t base;
    gensize_t bytes;
    struct mm_node *prev, *next;
};

/// The first address in a free range where an allocation fits. \return false if it fits nowhere
static inline bool free_list_fits(const struct mm_node *node, gensize_t bytes, gensize_t alignment,
                                  genpaddr_t *at)
{
    gensize_t skipped = -node->base & (alignment - 1);
    *at = node->base + skipped;
    return skipped <= node->bytes && bytes <= node->bytes - skipped;
}

/**
 * Takes `bytes` at `at`, part of a free range, and tells so in `base`.
 *
 * \return SYS_ERR_OK or MM_ERR_NODES; MM_ERR_OUT_OF_MEMORY if `node` is NULL
 */
errval_t free_list_take(struct ranges *ranges, struct mm_node *node, genpaddr_t at, gensize_t bytes,
                        genpaddr_t *base, struct region **region);

/// Takes the range of a region out, all of which is free.
void free_list_remove(struct ranges *ranges, const struct region *region);

/// strategy_check_free() and strategy_free() for a list.
errval_t free_list_check_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes);
errval_t free_list_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes);

#endif
