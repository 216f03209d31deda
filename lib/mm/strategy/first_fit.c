/**
 * The free range with the lowest address that is large enough.
 */
#include <mm/strategy/free_list_strategy.h>

errval_t strategy_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base,
                        struct region **region)
{
    struct mm_node *node = ranges->root;
    genpaddr_t at = 0;
    while (node && !free_list_fits(node, bytes, alignment, &at)) {
        RANGES_VISIT(ranges);
        node = node->next;
    }
    return free_list_take(ranges, node, at, bytes, base, region);
}
