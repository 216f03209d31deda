/**
 * Free capability slots of the domain's own CSpace.
 *
 * The slots are those of the L2CNodes from L1 slot ROOTCN_FREE on. When they run out another CNode is made
 * from the domain's RAM, which needs no slot of an L2CNode, so an allocation cannot depend on itself. At most
 * ROOTCN_SLOTS - ROOTCN_FREE CNodes of 256 slots fit.
 */
#ifndef AOS_SLOT_ALLOC_H
#define AOS_SLOT_ALLOC_H

#include <abi/errno.h>
#include <aos/caddr.h>

/// Finds an empty slot. \return SYS_ERR_OK, LIB_ERR_SLOT_ALLOC_NO_SPACE, or why no further CNode could be
/// made
errval_t slot_alloc(struct capref *ret);

/// Finds `count` (1 to 256) consecutive empty slots of one CNode, as cap_retype wants them.
errval_t slot_alloc_range(struct capref *ret, size_t count);

/// Gives an empty slot back. \return SYS_ERR_OK, or SYS_ERR_INVALID_ARGUMENT for a slot that slot_alloc did
/// not give
errval_t slot_free(struct capref cap);

/// Finds an L1 slot of the own CSpace that is not in use, for an L2CNode of the caller's own. \return 0 if
/// there is none
cslot_t slot_alloc_l1(void);

/// Gives an L1 slot back, whose CNode was deleted.
void slot_free_l1(cslot_t l1_slot);

#endif
