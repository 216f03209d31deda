#include <mm/ranges.h>
#include <mm/strategy/strategy.h>
#include <trace/trace.h>

void ranges_init(struct ranges *ranges)
{
    *ranges = (struct ranges){0};
    slab_init(&ranges->nodes, strategy_node_bytes, NULL);
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

/// Number in the table of the first region that begins behind `base`.
static unsigned region_behind(const struct ranges *ranges, genpaddr_t base)
{
    unsigned low = 0, high = ranges->region_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (ranges->regions[middle].base <= base) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct region *ranges_region(struct ranges *ranges, genpaddr_t base, gensize_t bytes)
{
    unsigned behind = region_behind(ranges, base);
    if (behind == 0) {
        return NULL;
    }
    struct region *region = &ranges->regions[behind - 1];
    gensize_t offset = base - region->base;
    return offset < region->bytes && bytes <= region->bytes - offset ? region : NULL;
}

errval_t ranges_add(struct ranges *ranges, genpaddr_t base, gensize_t bytes, unsigned *number)
{
    if (!is_page_range(base, bytes) || base + bytes > ADDRESS_LIMIT) {
        return MM_ERR_ARGUMENT;
    }
    unsigned at = region_behind(ranges, base);
    if ((at < ranges->region_count && ranges->regions[at].base - base < bytes)
        || (at > 0 && base - ranges->regions[at - 1].base < ranges->regions[at - 1].bytes)) {
        return MM_ERR_REGION_OVERLAP;
    }
    if (ranges->region_count == RANGES_REGIONS) {
        return MM_ERR_REGIONS;
    }
    for (unsigned i = ranges->region_count; i > at; i--) {
        ranges->regions[i] = ranges->regions[i - 1];
    }
    ranges->regions[at] = (struct region){.base = base, .bytes = bytes, .number = ranges->region_count};
    ranges->region_count++;
    errval_t err = strategy_add(ranges, &ranges->regions[at]);
    if (err_is_fail(err)) {
        ranges->region_count--;
        for (unsigned i = at; i < ranges->region_count; i++) {
            ranges->regions[i] = ranges->regions[i + 1];
        }
        return err;
    }
    ranges->free_bytes += bytes;
    if (number) {
        *number = ranges->regions[at].number;
    }
    return SYS_ERR_OK;
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
    errval_t err = strategy_alloc(ranges, bytes, alignment, base);
    if (err_is_ok(err)) {
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
        ranges->free_bytes += bytes;
        trace_change(ranges, base, bytes, true);
    }
    return err;
}
