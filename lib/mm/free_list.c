#include <mm/free_list.h>

/// Puts a new range behind `prev`, or first if that is NULL. The caller knows that there is a node.
static void insert(struct ranges *ranges, struct mm_node *prev, genpaddr_t base, gensize_t bytes)
{
    struct mm_node *node = slab_alloc(&ranges->nodes);
    struct mm_node *next = prev ? prev->next : ranges->root;
    *node = (struct mm_node){.base = base, .bytes = bytes, .prev = prev, .next = next};
    if (prev) {
        prev->next = node;
    } else {
        ranges->root = node;
    }
    if (next) {
        next->prev = node;
    }
}

static void discard(struct ranges *ranges, struct mm_node *node)
{
    if (node->prev) {
        node->prev->next = node->next;
    } else {
        ranges->root = node->next;
    }
    if (node->next) {
        node->next->prev = node->prev;
    }
    slab_free(&ranges->nodes, node);
}

errval_t free_list_take(struct ranges *ranges, struct mm_node *node, genpaddr_t at, gensize_t bytes,
                        genpaddr_t *base, struct region **region)
{
    if (!node) {
        return MM_ERR_OUT_OF_MEMORY;
    }
    gensize_t before = at - node->base;
    gensize_t after = node->bytes - before - bytes;
    if (before && after) {
        if (slab_freecount(&ranges->nodes) == 0) {
            return MM_ERR_NODES;
        }
        insert(ranges, node, at + bytes, after);
        node->bytes = before;
    } else if (before) {
        node->bytes = before;
    } else if (after) {
        node->base = at + bytes;
        node->bytes = after;
    } else {
        discard(ranges, node);
    }
    *base = at;
    *region = ranges_region(ranges, at, bytes);
    return SYS_ERR_OK;
}

/// Where a range that is not in the list would stand, and which neighbours it touches.
struct place {
    struct mm_node *prev, *next;
    bool joins_prev, joins_next;
};

/// \return SYS_ERR_OK, MM_ERR_DOUBLE_FREE, or MM_ERR_NODES if the range touches none and there is no node for
/// it
static errval_t find_place(struct ranges *ranges, const struct region *region, genpaddr_t base,
                           gensize_t bytes, struct place *place)
{
    struct mm_node *prev = NULL, *next = ranges->root;
    while (next && next->base < base) {
        RANGES_VISIT(ranges);
        prev = next;
        next = next->next;
    }
    if ((prev && base - prev->base < prev->bytes) || (next && next->base - base < bytes)) {
        return MM_ERR_DOUBLE_FREE;
    }
    *place = (struct place){
        .prev = prev,
        .next = next,
        .joins_prev = prev && prev->base >= region->base && prev->base + prev->bytes == base,
        .joins_next = next && next->base == base + bytes && next->base - region->base < region->bytes,
    };
    bool joins = place->joins_prev || place->joins_next;
    return joins || slab_freecount(&ranges->nodes) ? SYS_ERR_OK : MM_ERR_NODES;
}

errval_t free_list_check_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    struct place place;
    return find_place(ranges, region, base, bytes, &place);
}

errval_t free_list_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    struct place place;
    errval_t err = find_place(ranges, region, base, bytes, &place);
    if (err_is_fail(err)) {
        return err;
    }
    if (place.joins_prev) {
        place.prev->bytes += bytes;
        if (place.joins_next) {
            place.prev->bytes += place.next->bytes;
            discard(ranges, place.next);
        }
    } else if (place.joins_next) {
        place.next->base = base;
        place.next->bytes += bytes;
    } else {
        insert(ranges, place.prev, base, bytes);
    }
    return SYS_ERR_OK;
}

void free_list_remove(struct ranges *ranges, const struct region *region)
{
    struct mm_node *node = ranges->root;
    while (node->base != region->base) {
        RANGES_VISIT(ranges);
        node = node->next;
    }
    discard(ranges, node);
}
