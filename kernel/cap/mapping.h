/**
 * Inner parts of mapping: what map, unmap and protect have in common.
 */
#ifndef KERNEL_MAPPING_H
#define KERNEL_MAPPING_H

#include <abi/syscall.h>
#include <cap/cap.h>

#define VNODE_ENTRIES    512
#define VNODE_INDEX_BITS 9
#define PTE_BYTES        8

static inline unsigned vnode_level(const struct capability *vnode)
{
    return vnode->type - ObjType_VNode_AARCH64_l0;
}

/// Bytes of address space that an entry of a table covers.
static inline gensize_t vnode_span(unsigned level)
{
    return 1UL << (BASE_PAGE_BITS + VNODE_INDEX_BITS * (3 - level));
}

static inline bool maps_memory(const struct capability *source)
{
    return source->type == ObjType_Frame || source->type == ObjType_DevFrame;
}

/// What memory may be mapped as. Nothing is ever writable and executable, and devices hold no code.
static inline errval_t mapping_check_flags(const struct capability *source, uint64_t flags)
{
    if ((flags & ~(uint64_t)VREGION_FLAGS_MASK) != 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (!maps_memory(source)) {
        return SYS_ERR_OK;
    }
    const bool writable = flags & VREGION_FLAGS_WRITE;
    const bool executable = flags & VREGION_FLAGS_EXECUTE;
    if (!(flags & VREGION_FLAGS_READ) || (executable && (writable || source->type == ObjType_DevFrame))) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    _Static_assert(VREGION_FLAGS_READ == CAPRIGHTS_READ && VREGION_FLAGS_WRITE == CAPRIGHTS_WRITE
                       && VREGION_FLAGS_EXECUTE == CAPRIGHTS_EXECUTE,
                   "a flag needs the right of the same bit");
    const uint64_t needed = flags & (CAPRIGHTS_READ | CAPRIGHTS_WRITE | CAPRIGHTS_EXECUTE);
    return (needed & ~(uint64_t)source->rights) == 0 ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}

/// Says whether `mapping` is a mapping in the page table `vnode`.
errval_t mapping_check(const struct cte *vnode, const struct cte *mapping);

#endif
