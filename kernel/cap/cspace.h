/**
 * CSpace lookup for callers that do several in a row: the body of cspace_lookup_slot, inline.
 */
#ifndef KERNEL_CSPACE_H
#define KERNEL_CSPACE_H

#include <cap/cap.h>

#define CSPACE_L2_BITS 8
#define CSPACE_L2_MASK (L2_CNODE_SLOTS - 1)

/// Number of slots of a CNode.
static inline uint64_t cnode_slot_count(const struct capability *cnode)
{
    return cnode->bytes / sizeof(struct cte);
}

static inline struct cte *cnode_slots(const struct capability *cnode)
{
    return phys_to_virt(cnode->base);
}

/// A slot of an L2 CNode, from the slots of the L1 CNode on.
static inline errval_t cspace_find_l2_slot(const struct cte *l1_slots, uint64_t l1_count, capaddr_t addr,
                                           struct cte **slot)
{
    const cslot_t l1 = addr >> CSPACE_L2_BITS;
    if (l1 >= l1_count) {
        return SYS_ERR_CNODE_SLOT_RANGE;
    }
    const struct capability *cnode = &l1_slots[l1].cap;
    if (cnode->type != ObjType_L2CNode) {
        return cnode->type == ObjType_Null ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_CNODE_TYPE;
    }
    *slot = cnode_slots(cnode) + (addr & CSPACE_L2_MASK);
    return SYS_ERR_OK;
}

/// See cspace_lookup_slot.
static inline errval_t cspace_find_slot(const struct capability *root, capaddr_t addr, unsigned level,
                                        struct cte **slot)
{
    if (root->type != ObjType_L1CNode) {
        return SYS_ERR_CNODE_TYPE;
    }
    if (level == 2) {
        return cspace_find_l2_slot(cnode_slots(root), cnode_slot_count(root), addr, slot);
    }
    const cslot_t l1 = addr >> CSPACE_L2_BITS;
    if (l1 >= cnode_slot_count(root)) {
        return SYS_ERR_CNODE_SLOT_RANGE;
    }
    if (level != 1 || (addr & CSPACE_L2_MASK) != 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    *slot = cnode_slots(root) + l1;
    return SYS_ERR_OK;
}

#endif
