#include <boot/memory.h>
#include <core/core.h>
#include <core/parameters.h>

#define PHYSICAL_ADDRESSES (1UL << 40) ///< What page tables can say (TCR_VALUE).

errval_t core_memory_check(enum objtype type, lpaddr_t base, gensize_t bytes)
{
    if (bytes > PHYSICAL_ADDRESSES || base > PHYSICAL_ADDRESSES - bytes) {
        return SYS_ERR_CREATE_RANGE;
    }
    if (memory_is_own(base, bytes)) {
        return SYS_ERR_CREATE_RANGE;
    }
    for (uint32_t i = 0; i < core_parameters.region_count; i++) {
        const struct boot_region *region = &core_parameters.regions[i];
        const bool overlaps = base < region->base + region->bytes && region->base < base + bytes;
        if (overlaps && type == ObjType_DevFrame) {
            return SYS_ERR_CREATE_RANGE;
        }
        if (base >= region->base && base - region->base <= region->bytes
            && bytes <= region->bytes - (base - region->base)) {
            return SYS_ERR_OK;
        }
    }
    return type == ObjType_DevFrame ? SYS_ERR_OK : SYS_ERR_CREATE_RANGE;
}
