#include <paging/regions.h>

#define BELOW 0
#define ABOVE 1

static lvaddr_t end_of(const struct region *region)
{
    return region->base + region->bytes;
}

/// Computes what a node knows of its subtree, from its children.
static void update(struct region *region)
{
    const struct region *below = region->child[BELOW], *above = region->child[ABOVE];
    size_t gap = 0;
    region->lowest = region->base;
    region->end = end_of(region);
    if (below != NULL) {
        const size_t between = region->base - below->end;
        gap = below->largest_gap > between ? below->largest_gap : between;
        region->lowest = below->lowest;
    }
    if (above != NULL) {
        const size_t between = above->lowest - end_of(region);
        const size_t larger = above->largest_gap > between ? above->largest_gap : between;
        gap = larger > gap ? larger : gap;
        region->end = above->end;
    }
    region->largest_gap = gap;
}

/// Turns `*link` down; its child on `side` takes its place.
static void rotate_up(struct region **link, unsigned side)
{
    struct region *down = *link, *up = down->child[side];
    down->child[side] = up->child[!side];
    up->child[!side] = down;
    *link = up;
    update(down);
    update(up);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state;
}

static void add_below(struct region **link, struct region *region)
{
    struct region *node = *link;
    if (node == NULL) {
        *link = region;
        update(region);
        return;
    }
    const unsigned side = region->base > node->base;
    add_below(&node->child[side], region);
    if (node->child[side]->priority > node->priority) {
        rotate_up(link, side);
    } else {
        update(node);
    }
}

void regions_add(struct regions *regions, struct region *region)
{
    region->child[BELOW] = NULL;
    region->child[ABOVE] = NULL;
    region->priority = next_random(&regions->random);
    add_below(&regions->root, region);
}

static void remove_below(struct region **link, struct region *region)
{
    struct region *node = *link;
    if (node != region) {
        remove_below(&node->child[region->base > node->base], region);
        update(node);
        return;
    }
    struct region *below = node->child[BELOW], *above = node->child[ABOVE];
    if (below == NULL || above == NULL) {
        *link = below != NULL ? below : above;
        return;
    }
    const unsigned side = above->priority > below->priority;
    rotate_up(link, side);
    remove_below(&(*link)->child[!side], region);
    update(*link);
}

void regions_remove(struct regions *regions, struct region *region)
{
    remove_below(&regions->root, region);
}

struct region *regions_any(const struct regions *regions, lvaddr_t base, size_t bytes)
{
    struct region *node = regions->root;
    while (node != NULL) {
        if (base + bytes <= node->base) {
            node = node->child[BELOW];
        } else if (base >= end_of(node)) {
            node = node->child[ABOVE];
        } else {
            return node;
        }
    }
    return NULL;
}

bool regions_overlap(const struct regions *regions, lvaddr_t base, size_t bytes)
{
    return regions_any(regions, base, bytes) != NULL;
}

struct region *regions_find(const struct regions *regions, lvaddr_t base)
{
    struct region *node = regions->root;
    while (node != NULL && node->base != base) {
        node = node->child[base > node->base];
    }
    return node;
}

/// End of the region below the lowest gap of at least `bytes` inside the subtree, which has one.
static lvaddr_t lowest_gap(const struct region *node, size_t bytes)
{
    for (;;) {
        const struct region *below = node->child[BELOW], *above = node->child[ABOVE];
        if (below != NULL && below->largest_gap >= bytes) {
            node = below;
        } else if (below != NULL && node->base - below->end >= bytes) {
            return below->end;
        } else if (above->lowest - end_of(node) >= bytes) {
            return end_of(node);
        } else {
            node = above;
        }
    }
}

lvaddr_t regions_find_room(const struct regions *regions, size_t bytes, size_t alignment, size_t guard,
                           lvaddr_t low, lvaddr_t high)
{
    const struct region *root = regions->root;
    const lvaddr_t first = ROUND_UP(low + guard, alignment);
    if (high <= low || bytes > high - low || alignment + 2 * guard > high - low - bytes) {
        return 0;
    }
    if (root == NULL || first + bytes + guard <= root->lowest) {
        return first;
    }
    const size_t needed = bytes + alignment + 2 * guard;
    const lvaddr_t behind = root->largest_gap >= needed ? lowest_gap(root, needed) : root->end;
    const lvaddr_t address = ROUND_UP(behind + guard, alignment);
    return address <= high && bytes + guard <= high - address ? address : 0;
}
