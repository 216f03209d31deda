/**
 * A hash table for each page table of levels 0 to 2, which mostly have few entries, and an array for each of
 * level 3 (document A, 2.1.1). The hash keeps the order of entries, so that the item that covers an entry is
 * found from its first.
 */
#include <paging/shadow/shadow.h>

#define BUCKETS        16
#define BUCKET_ENTRIES (SHADOW_ENTRIES / BUCKETS)

size_t shadow_bytes(unsigned level)
{
    return (level == SHADOW_LEAF_LEVEL ? SHADOW_ENTRIES : BUCKETS) * sizeof(struct shadow_item *);
}

void shadow_init(struct shadow_map *map, unsigned level, void *memory)
{
    struct shadow_item **items = memory;
    for (size_t i = 0; i < shadow_bytes(level) / sizeof(*items); i++) {
        items[i] = NULL;
    }
    map->root = memory;
}

static struct shadow_item **items_of(const struct shadow_map *map)
{
    return map->root;
}

/// The item with the highest first entry of at most `entry`, in one bucket; or NULL.
static struct shadow_item *last_before(struct shadow_item *item, unsigned entry)
{
    struct shadow_item *best = NULL;
    for (; item; item = item->links[0]) {
        if (item->entry <= entry && (!best || item->entry > best->entry)) {
            best = item;
        }
    }
    return best;
}

static struct shadow_item *find_hashed(const struct shadow_map *map, unsigned entry)
{
    for (unsigned bucket = entry / BUCKET_ENTRIES + 1; bucket-- > 0;) {
        struct shadow_item *item = last_before(items_of(map)[bucket], entry);
        if (item) {
            return entry - item->entry < item->count ? item : NULL;
        }
    }
    return NULL;
}

struct shadow_item *shadow_find(const struct shadow_map *map, unsigned level, unsigned entry)
{
    return level == SHADOW_LEAF_LEVEL ? items_of(map)[entry] : find_hashed(map, entry);
}

struct shadow_item *shadow_first(const struct shadow_map *map, unsigned level, unsigned entry, unsigned limit)
{
    for (; entry < limit; entry++) {
        struct shadow_item *item = shadow_find(map, level, entry);
        if (item) {
            return item;
        }
    }
    return NULL;
}

void shadow_add(struct shadow_map *map, unsigned level, struct shadow_item *item)
{
    struct shadow_item **items = items_of(map);
    if (level == SHADOW_LEAF_LEVEL) {
        for (unsigned i = 0; i < item->count; i++) {
            items[item->entry + i] = item;
        }
    } else {
        struct shadow_item **bucket = &items[item->entry / BUCKET_ENTRIES];
        item->links[0] = *bucket;
        *bucket = item;
    }
}

void shadow_remove(struct shadow_map *map, unsigned level, struct shadow_item *item)
{
    struct shadow_item **items = items_of(map);
    if (level == SHADOW_LEAF_LEVEL) {
        for (unsigned i = 0; i < item->count; i++) {
            items[item->entry + i] = NULL;
        }
    } else {
        struct shadow_item **link = &items[item->entry / BUCKET_ENTRIES];
        while (*link != item) {
            link = &(*link)->links[0];
        }
        *link = item->links[0];
    }
}
