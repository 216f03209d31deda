/**
 * Free capability slots of the domain's own CSpace.
 *
 * The slots are those of the L2CNodes from L1 slot ROOTCN_FREE on. When few are left another CNode is made
 * from the domain's RAM; when the root CNode is full, a larger one, up to 4096 CNodes of 256 slots. A number
 * of slots is kept for that, and for other refills (lib/section/section.h). All threads may call everything.
 */
#ifndef AOS_SLOT_ALLOC_H
#define AOS_SLOT_ALLOC_H

#include <abi/errno.h>
#include <aos/caddr.h>

/// Makes the first CNode. Called once at start-up, when there is RAM.
void slot_alloc_init(void);

/// Finds an empty slot. \return SYS_ERR_OK, LIB_ERR_SLOT_ALLOC_NO_SPACE, or why no further CNode could be
/// made
errval_t slot_alloc(struct capref *ret);

/// Finds `count` (1 to 256) consecutive empty slots of one CNode, as cap_retype wants them.
errval_t slot_alloc_range(struct capref *ret, size_t count);

/// For refills, which the reserve is for: finds up to `count` empty slots in one go. \param found set to how
/// many, 1 or more
errval_t slot_alloc_several(struct capref *slots, size_t count, size_t *found);

/// Gives an empty slot back. \return SYS_ERR_OK, or SYS_ERR_INVALID_ARGUMENT for a slot that slot_alloc did
/// not give
errval_t slot_free(struct capref cap);

/// Gives `count` consecutive empty slots back.
errval_t slot_free_range(struct capref first, size_t count);

/// Slots that are not free.
size_t slot_alloc_used(void);

/// RAM that the CNodes for slots have taken.
size_t slot_alloc_bytes(void);

/// Finds an L1 slot of the own CSpace that is not in use, for an L2CNode of the caller's own. \return 0 if
/// there is none
cslot_t slot_alloc_l1(void);

/// Gives an L1 slot back, whose CNode was deleted.
void slot_free_l1(cslot_t l1_slot);

#endif
