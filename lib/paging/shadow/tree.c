/**
 * A balanced tree for each page table (document B, 3.1: a tree of trees), ordered by entry. A table takes no
 * room but that of its items. The balance is by chance: no child has a higher priority than its parent, and
 * priorities are as good as random.
 */
#include <paging/shadow/shadow.h>

#define BELOW 0
#define ABOVE 1

size_t shadow_bytes(unsigned level)
{
    (void)level;
    return 0;
}

void shadow_init(struct shadow_map *map, unsigned level, void *memory)
{
    (void)level;
    (void)memory;
    map->root = NULL;
}

struct shadow_item *shadow_find(const struct shadow_map *map, unsigned level, unsigned entry)
{
    (void)level;
    struct shadow_item *item = map->root;
    while (item && entry - item->entry >= item->count) {
        item = item->links[entry > item->entry];
    }
    return item;
}

struct shadow_item *shadow_first(const struct shadow_map *map, unsigned level, unsigned entry, unsigned limit)
{
    (void)level;
    struct shadow_item *item = map->root, *found = NULL;
    while (item) {
        if (item->entry + item->count > entry) {
            found = item;
            item = item->links[BELOW];
        } else {
            item = item->links[ABOVE];
        }
    }
    return found && found->entry < limit ? found : NULL;
}

/// Splits a tree into the items below an entry and those above it.
static void split(struct shadow_item *item, unsigned entry, struct shadow_item **below,
                  struct shadow_item **above)
{
    while (item) {
        if (item->entry < entry) {
            *below = item;
            below = &item->links[ABOVE];
            item = *below;
        } else {
            *above = item;
            above = &item->links[BELOW];
            item = *above;
        }
    }
    *below = NULL;
    *above = NULL;
}

/// As good as random, and the same for an entry whenever it is used (Knuth, TAOCP 3, 6.4: multiplicative
/// hashing).
static uint32_t priority_of(unsigned entry)
{
    return entry * 2654435769U;
}

void shadow_add(struct shadow_map *map, unsigned level, struct shadow_item *item)
{
    (void)level;
    item->priority = priority_of(item->entry);
    struct shadow_item **link = (struct shadow_item **)&map->root;
    while (*link && (*link)->priority >= item->priority) {
        link = &(*link)->links[item->entry > (*link)->entry];
    }
    split(*link, item->entry, &item->links[BELOW], &item->links[ABOVE]);
    *link = item;
}

void shadow_remove(struct shadow_map *map, unsigned level, struct shadow_item *item)
{
    (void)level;
    struct shadow_item **link = (struct shadow_item **)&map->root;
    while (*link != item) {
        link = &(*link)->links[item->entry > (*link)->entry];
    }
    // Both subtrees become one in the item's place.
    struct shadow_item *below = item->links[BELOW], *above = item->links[ABOVE];
    while (below && above) {
        if (below->priority > above->priority) {
            *link = below;
            link = &below->links[ABOVE];
            below = *link;
        } else {
            *link = above;
            link = &above->links[BELOW];
            above = *link;
        }
    }
    *link = below ? below : above;
}
