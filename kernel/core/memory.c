#include <arch/armv8/layout.h>
#include <boot/memory.h>
#include <core/core.h>
#include <core/parameters.h>

#define PHYSICAL_ADDRESSES (1UL << 40) ///< What page tables can say (TCR_VALUE).

static bool overlaps(lpaddr_t base, gensize_t bytes, lpaddr_t other, gensize_t other_bytes)
{
    return base < other + other_bytes && other < base + bytes;
}

/// Images are no RAM that anybody could have, and no device either.
static bool is_image(lpaddr_t base, gensize_t bytes)
{
    const struct core_parameters *all = &core_parameters;
    return overlaps(base, bytes, all->first_image, KERNEL_IMAGE_BYTES)
           || (all->cores > 1 && overlaps(base, bytes, all->images, (all->cores - 1) * KERNEL_IMAGE_BYTES));
}

errval_t core_memory_check(enum objtype type, lpaddr_t base, gensize_t bytes)
{
    if (bytes > PHYSICAL_ADDRESSES || base > PHYSICAL_ADDRESSES - bytes) {
        return SYS_ERR_CREATE_RANGE;
    }
    if (memory_is_own(base, bytes) || is_image(base, bytes)) {
        return SYS_ERR_CREATE_RANGE;
    }
    for (uint32_t i = 0; i < core_parameters.region_count; i++) {
        const struct boot_region *region = &core_parameters.regions[i];
        if (type == ObjType_DevFrame && overlaps(base, bytes, region->base, region->bytes)) {
            return SYS_ERR_CREATE_RANGE;
        }
        if (base >= region->base && base - region->base <= region->bytes
            && bytes <= region->bytes - (base - region->base)) {
            return SYS_ERR_OK;
        }
    }
    return type == ObjType_DevFrame ? SYS_ERR_OK : SYS_ERR_CREATE_RANGE;
}
