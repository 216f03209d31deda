/**
 * Defines all of a strategy over the list of free ranges but strategy_alloc(), in the one file that includes
 * it.
 */
#ifndef MM_FREE_LIST_STRATEGY_H
#define MM_FREE_LIST_STRATEGY_H

#include <mm/free_list.h>

const size_t strategy_node_bytes = sizeof(struct mm_node);

size_t strategy_max_nodes(const struct ranges *ranges)
{
    (void)ranges;
    return 1;
}

errval_t strategy_check_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    return free_list_check_free(ranges, region, base, bytes);
}

errval_t strategy_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    return free_list_free(ranges, region, base, bytes);
}

errval_t strategy_add(struct ranges *ranges, struct region *region, bool free)
{
    return free ? free_list_free(ranges, region, region->base, region->bytes) : SYS_ERR_OK;
}

void strategy_remove(struct ranges *ranges, struct region *region)
{
    if (region->free_bytes > 0) {
        free_list_remove(ranges, region);
    }
}

void strategy_room(gensize_t *bytes, gensize_t *alignment)
{
    (void)bytes;
    (void)alignment;
}

#endif
