/**
 * Inner parts of mapping: what map, unmap and protect have in common.
 */
#ifndef KERNEL_MAPPING_H
#define KERNEL_MAPPING_H

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
errval_t mapping_check_flags(const struct capability *source, uint64_t flags);

/// Says whether `mapping` is a mapping in the page table `vnode`.
errval_t mapping_check(const struct cte *vnode, const struct cte *mapping);

#endif
