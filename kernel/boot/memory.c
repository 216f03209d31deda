#include <arch/armv8/layout.h>
#include <arch/armv8/map.h>
#include <boot/memory.h>
#include <cap/cap.h>

static struct boot_region regions[BOOTINFO_MAX_REGIONS];
static size_t region_count;
static gensize_t left_out;

#define OWN_RANGES 4

static struct boot_region own[OWN_RANGES];
static size_t own_count;

static void insert(lpaddr_t base, lpaddr_t end)
{
    if (base >= end) {
        return;
    }
    if (region_count == BOOTINFO_MAX_REGIONS) {
        left_out += end - base;
        return;
    }
    regions[region_count++] = (struct boot_region){base, end - base};
}

void memory_add(lpaddr_t base, gensize_t bytes)
{
    if (base >= PHYSICAL_LIMIT) {
        return;
    }
    if (bytes > PHYSICAL_LIMIT - base) {
        bytes = PHYSICAL_LIMIT - base;
    }
    const lpaddr_t first = ROUND_UP(base, BASE_PAGE_SIZE), end = ROUND_DOWN(base + bytes, BASE_PAGE_SIZE);
    if (first < end) {
        memory_reserve(first, end - first); // overlapping descriptions count once
        insert(first, end);
    }
}

void memory_reserve(lpaddr_t base, gensize_t bytes)
{
    const lpaddr_t first = ROUND_DOWN(base, BASE_PAGE_SIZE), end = ROUND_UP(base + bytes, BASE_PAGE_SIZE);
    for (size_t i = region_count; i-- > 0;) {
        const lpaddr_t region_base = regions[i].base, region_end = region_base + regions[i].bytes;
        if (end <= region_base || first >= region_end) {
            continue;
        }
        regions[i] = regions[--region_count];
        insert(region_base, first);
        insert(end > region_base ? end : region_base, region_end);
    }
}

void memory_map(lpaddr_t image)
{
    size_t kept = 0;
    for (size_t i = 0; i < region_count; i++) {
        if (map_ram(regions[i].base, regions[i].bytes, image)) {
            regions[kept++] = regions[i];
        }
    }
    region_count = kept;
    if (region_count == 0) {
        panic("no memory is left beside the kernel");
    }
}

lpaddr_t memory_take(gensize_t bytes, gensize_t align)
{
    size_t largest = 0;
    for (size_t i = 1; i < region_count; i++) {
        if (regions[i].bytes > regions[largest].bytes) {
            largest = i;
        }
    }
    const struct boot_region region = regions[largest];
    const lpaddr_t end = region.base + region.bytes;
    if (region.bytes < bytes || ROUND_DOWN(end - bytes, align) < region.base) {
        panic("out of memory at start-up: %lu bytes wanted", bytes);
    }
    const lpaddr_t taken = ROUND_DOWN(end - bytes, align);
    regions[largest].bytes = taken - region.base;
    insert(taken + bytes, end);
    return taken;
}

lpaddr_t memory_take_own(gensize_t bytes, gensize_t align)
{
    if (own_count == OWN_RANGES) {
        panic("the kernel has more than %u ranges of memory of its own", OWN_RANGES);
    }
    const lpaddr_t taken = memory_take(bytes, align);
    own[own_count++] = (struct boot_region){taken, bytes};
    return taken;
}

bool memory_is_own(lpaddr_t base, gensize_t bytes)
{
    for (size_t i = 0; i < own_count; i++) {
        if (base < own[i].base + own[i].bytes && own[i].base < base + bytes) {
            return true;
        }
    }
    return false;
}

lpaddr_t memory_take_clear(gensize_t bytes, gensize_t align)
{
    const lpaddr_t taken = memory_take(bytes, align);
    memory_zero(taken, bytes);
    return taken;
}

size_t memory_regions(struct boot_region *out, size_t limit)
{
    size_t count = 0;
    for (size_t i = 0; i < region_count && count < limit; i++) {
        if (regions[i].bytes != 0) {
            out[count++] = regions[i];
        }
    }
    return count;
}

gensize_t memory_total(void)
{
    gensize_t total = 0;
    for (size_t i = 0; i < region_count; i++) {
        total += regions[i].bytes;
    }
    return total;
}

gensize_t memory_left_out(void)
{
    return left_out;
}
