#include <mm/ranges.h>
#include <mm/strategy/strategy.h>
#include <trace/trace.h>

static struct region *region_of(struct rb_node *rb)
{
    return (struct region *)rb;
}

static bool update(struct rb_node *rb)
{
    struct region *region = region_of(rb);
    uint8_t largest = region->largest;
    for (unsigned side = 0; side < 2; side++) {
        const struct region *child = region_of(rb->child[side]);
        largest = child && child->largest_in_subtree > largest ? child->largest_in_subtree : largest;
    }
    bool changed = largest != region->largest_in_subtree;
    region->largest_in_subtree = largest;
    return changed;
}

void ranges_init(struct ranges *ranges)
{
    *ranges = (struct ranges){.regions.update = update};
    slab_init(&ranges->nodes, strategy_node_bytes, NULL);
    slab_init(&ranges->records, sizeof(struct region), NULL);
    slab_grow(&ranges->records, ranges->first_records, sizeof(ranges->first_records));
}

size_t ranges_nodes_an_operation(const struct ranges *ranges)
{
    return strategy_max_nodes(ranges);
}

static bool is_page_range(genpaddr_t base, gensize_t bytes)
{
    return bytes && base % BASE_PAGE_SIZE == 0 && bytes % BASE_PAGE_SIZE == 0 && bytes <= UINT64_MAX - base;
}

static void trace_request(const struct ranges *ranges, gensize_t bytes, gensize_t alignment)
{
    if (!ranges->untraced) {
        trace_mm_request(bytes >> BASE_PAGE_BITS, alignment >> BASE_PAGE_BITS);
    }
}

/// One of the two ways in which what is free changes.
static void trace_change(const struct ranges *ranges, genpaddr_t base, gensize_t bytes, bool free)
{
    if (ranges->untraced) {
        return;
    }
    if (free) {
        trace_mm_free(base >> BASE_PAGE_BITS, bytes >> BASE_PAGE_BITS);
    } else {
        trace_mm_alloc(base >> BASE_PAGE_BITS, bytes >> BASE_PAGE_BITS);
    }
    trace_mm_free_memory(ranges->free_bytes);
}

/// Physical addresses have at most 52 bits (Armv8 ARM D8.1.2, FEAT_LPA).
#define ADDRESS_LIMIT (1UL << 52)

/// The last region that begins at `base` or before it, or NULL.
static struct region *region_at(const struct ranges *ranges, genpaddr_t base)
{
    struct region *found = NULL;
    for (struct rb_node *at = ranges->regions.root; at;) {
        struct region *region = region_of(at);
        bool before = region->base <= base;
        found = before ? region : found;
        at = at->child[before];
    }
    return found;
}

struct region *ranges_region(const struct ranges *ranges, genpaddr_t base, gensize_t bytes)
{
    struct region *region = region_at(ranges, base);
    gensize_t offset = region ? base - region->base : 0;
    return region && offset < region->bytes && bytes <= region->bytes - offset ? region : NULL;
}

static void insert(struct ranges *ranges, struct region *region)
{
    struct rb_node *parent = NULL;
    unsigned side = 0;
    for (struct rb_node *at = ranges->regions.root; at; at = at->child[side]) {
        parent = at;
        side = region_of(at)->base < region->base;
    }
    rb_insert(&ranges->regions, &region->rb, parent, side);
    ranges->region_count++;
}

static errval_t add(struct ranges *ranges, genpaddr_t base, gensize_t bytes, bool free, struct region **ret)
{
    if (!is_page_range(base, bytes) || base + bytes > ADDRESS_LIMIT) {
        return MM_ERR_ARGUMENT;
    }
    // The last region that begins before the end of the new one is the only one that may reach into it.
    const struct region *last = region_at(ranges, base + bytes - 1);
    if (last && last->base + last->bytes > base) {
        return MM_ERR_REGION_OVERLAP;
    }
    struct region *region = slab_alloc(&ranges->records);
    if (!region) {
        return MM_ERR_REGIONS;
    }
    *region = (struct region){.base = base, .bytes = bytes, .free_bytes = free ? bytes : 0};
    errval_t err = strategy_add(ranges, region, free);
    if (err_is_fail(err)) {
        slab_free(&ranges->records, region);
        return err;
    }
    insert(ranges, region);
    ranges->free_bytes += region->free_bytes;
    if (ret) {
        *ret = region;
    }
    return SYS_ERR_OK;
}

errval_t ranges_add(struct ranges *ranges, genpaddr_t base, gensize_t bytes, struct region **ret)
{
    return add(ranges, base, bytes, true, ret);
}

errval_t ranges_add_taken(struct ranges *ranges, genpaddr_t base, gensize_t bytes, struct region **ret)
{
    return add(ranges, base, bytes, false, ret);
}

static void set_idle(struct ranges *ranges, struct region *region, bool idle)
{
    if (region->is_idle == idle) {
        return;
    }
    region->is_idle = idle;
    if (idle) {
        region->prev = NULL;
        region->next = ranges->idle;
        ranges->idle = region;
    } else if (region->prev) {
        region->prev->next = region->next;
    } else {
        ranges->idle = region->next;
    }
    if (region->next) {
        region->next->prev = idle ? region : region->prev;
    }
}

void ranges_remove(struct ranges *ranges, struct region *region)
{
    set_idle(ranges, region, false);
    strategy_remove(ranges, region);
    rb_remove(&ranges->regions, &region->rb);
    ranges->region_count--;
    ranges->free_bytes -= region->free_bytes;
    slab_free(&ranges->records, region);
}

void ranges_room(gensize_t *bytes, gensize_t *alignment)
{
    strategy_room(bytes, alignment);
}

errval_t ranges_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base)
{
    if (!bytes || bytes % BASE_PAGE_SIZE || !alignment || alignment & (alignment - 1)) {
        return MM_ERR_ARGUMENT;
    }
    alignment = alignment < BASE_PAGE_SIZE ? BASE_PAGE_SIZE : alignment;
    trace_request(ranges, bytes, alignment);
    if (bytes > ranges->free_bytes) {
        return MM_ERR_OUT_OF_MEMORY;
    }
    struct region *region;
    errval_t err = strategy_alloc(ranges, bytes, alignment, base, &region);
    if (err_is_ok(err)) {
        region->free_bytes -= bytes;
        set_idle(ranges, region, false);
        ranges->free_bytes -= bytes;
        trace_change(ranges, *base, bytes, false);
    }
    return err;
}

errval_t ranges_check_free(struct ranges *ranges, genpaddr_t base, gensize_t bytes)
{
    if (!is_page_range(base, bytes)) {
        return MM_ERR_ARGUMENT;
    }
    struct region *region = ranges_region(ranges, base, bytes);
    return region ? strategy_check_free(ranges, region, base, bytes) : MM_ERR_FOREIGN;
}

errval_t ranges_free(struct ranges *ranges, genpaddr_t base, gensize_t bytes)
{
    if (!is_page_range(base, bytes)) {
        return MM_ERR_ARGUMENT;
    }
    struct region *region = ranges_region(ranges, base, bytes);
    errval_t err = region ? strategy_free(ranges, region, base, bytes) : MM_ERR_FOREIGN;
    if (err_is_ok(err)) {
        region->free_bytes += bytes;
        set_idle(ranges, region, region->is_removable && region->free_bytes == region->bytes);
        ranges->free_bytes += bytes;
        trace_change(ranges, base, bytes, true);
    }
    return err;
}
