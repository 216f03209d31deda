/**
 * The smallest free range that is large enough, to keep large ranges whole; of several the lowest.
 */
#include <mm/strategy/free_list_strategy.h>

errval_t strategy_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base,
                        struct region **region)
{
    struct mm_node *best = NULL;
    genpaddr_t best_at = 0;
    for (struct mm_node *node = ranges->root; node; node = node->next) {
        genpaddr_t at;
        RANGES_VISIT(ranges);
        if (free_list_fits(node, bytes, alignment, &at) && (!best || node->bytes < best->bytes)) {
            best = node;
            best_at = at;
            if (best->bytes == bytes) {
                break;
            }
        }
    }
    return free_list_take(ranges, best, best_at, bytes, base, region);
}
