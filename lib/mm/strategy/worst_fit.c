/**
 * The largest free range, so that what is left of it stays useful; of several the lowest (document A).
 */
#include <mm/strategy/free_list_strategy.h>

errval_t strategy_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base,
                        struct region **region)
{
    struct mm_node *worst = NULL;
    genpaddr_t worst_at = 0;
    for (struct mm_node *node = ranges->root; node; node = node->next) {
        genpaddr_t at;
        RANGES_VISIT(ranges);
        if (free_list_fits(node, bytes, alignment, &at) && (!worst || node->bytes > worst->bytes)) {
            worst = node;
            worst_at = at;
        }
    }
    return free_list_take(ranges, worst, worst_at, bytes, base, region);
}
