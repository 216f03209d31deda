/**
 * References to capabilities: which slot of which CNode of which CSpace (document D, 1.3).
 */
#ifndef AOS_CADDR_H
#define AOS_CADDR_H

#include <abi/types.h>

/// Level of the CNode that holds a slot: the L1CNode of a CSpace, or one of the L2CNodes in it.
enum cnode_type {
    CNODE_TYPE_ROOT = 1,
    CNODE_TYPE_OTHER = 2,
};

/// A CNode: its CSpace is named by the slot of an L1CNode capability in the caller's own CSpace.
struct cnoderef {
    capaddr_t croot; ///< Address of the L1CNode capability of the CSpace.
    capaddr_t cnode; ///< L1 slot << 8; 0 for the L1CNode itself.
    enum cnode_type level;
};

/// A capability: a slot of a CNode. All zero is the null reference.
struct capref {
    struct cnoderef cnode;
    cslot_t slot;
};

#define NULL_CNODE ((struct cnoderef){0})
#define NULL_CAP   ((struct capref){0})

#define L2_CNODE_SLOTS   256 ///< Slots of an L2CNode.
#define L2_CNODE_BITS    8
#define CNODE_SLOT_BYTES 64UL

static inline bool capref_is_null(struct capref cap)
{
    return cap.cnode.croot == 0;
}

static inline bool cnodecmp(struct cnoderef a, struct cnoderef b)
{
    return a.croot == b.croot && a.cnode == b.cnode && a.level == b.level;
}

static inline bool capcmp(struct capref a, struct capref b)
{
    return cnodecmp(a.cnode, b.cnode) && a.slot == b.slot;
}

/// The address of a slot in its own CSpace.
static inline capaddr_t get_cap_addr(struct capref cap)
{
    return cap.cnode.level == CNODE_TYPE_ROOT ? cap.slot << L2_CNODE_BITS : cap.cnode.cnode | cap.slot;
}

/// The address, in the caller's CSpace, of the L1CNode capability that a reference starts from.
static inline capaddr_t get_croot_addr(struct capref cap)
{
    return cap.cnode.croot;
}

static inline unsigned get_cap_level(struct capref cap)
{
    return cap.cnode.level;
}

/// The slot at `slot` of the L2CNode in L1 slot `l1_slot` of the CSpace that the L1CNode capability at
/// `croot` is the root of.
static inline struct capref capref_make(capaddr_t croot, cslot_t l1_slot, cslot_t slot)
{
    return (struct capref){
        .cnode = {.croot = croot, .cnode = l1_slot << L2_CNODE_BITS, .level = CNODE_TYPE_OTHER},
        .slot = slot,
    };
}

/// L1 slot `l1_slot` itself: where an L2CNode capability of that CSpace stands.
static inline struct capref capref_make_l1(capaddr_t croot, cslot_t l1_slot)
{
    return (struct capref){
        .cnode = {.croot = croot, .cnode = 0, .level = CNODE_TYPE_ROOT},
        .slot = l1_slot,
    };
}

#endif
