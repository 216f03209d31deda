/**
 * Operations on capabilities, and the well-known places of a domain's CSpace (documents D 1.3 and E).
 *
 * Every operation is one system call, blocks on nothing, and leaves no trace of itself when it fails. The
 * kernel bounds the time of a call; a call that it cut short (SYS_ERR_RESTART) goes on in here until it is
 * done.
 */
#ifndef AOS_CAPABILITIES_H
#define AOS_CAPABILITIES_H

#include <abi/bootinfo.h>
#include <abi/captypes.h>
#include <abi/errno.h>
#include <abi/syscall.h>
#include <aos/caddr.h>

/* CNodes that the parent made, and what stands in the task CNode. */
extern const struct cnoderef cnode_root, cnode_task, cnode_page, cnode_memory, cnode_module, cnode_device;
extern const struct capref cap_root, cap_dispatcher, cap_dispframe, cap_argspage, cap_parentep, cap_selfep;
extern const struct capref cap_kernel, cap_irq, cap_perfmon, cap_trace, cap_bootinfo, cap_vroot;

/// What cap_identify tells of a capability.
struct capability_info {
    enum objtype type;
    unsigned rights; ///< CAPRIGHTS_*
    genpaddr_t base; ///< First byte of the region, or interrupt number.
    gensize_t bytes; ///< Size of the region in its unit.
};

/**
 * Copies a capability into an empty slot.
 *
 * \return SYS_ERR_OK, or what the kernel refused (slot not empty, not copyable, nothing there) under
 * LIB_ERR_CAP_COPY
 */
errval_t cap_copy(struct capref dest, struct capref src);

/**
 * Copies a capability with parameters: for an EndPoint without a ring the offset of its ring in the
 * dispatcher frame in bytes and its number of slots; for any other capability the rights to keep
 * (CAPRIGHTS_*) and 0.
 */
errval_t cap_mint(struct capref dest, struct capref src, uint64_t param1, uint64_t param2);

/**
 * Makes a copy for somebody else, who may use it and not revoke it: with all rights but CAPRIGHTS_CONTROL.
 *
 * \return SYS_ERR_OK, SYS_ERR_CAP_NOT_FOUND, or the kernel's reason under LIB_ERR_CAP_MINT. An EndPoint
 * without a ring, with which one could make rings in our dispatcher frame, is refused (SYS_ERR_INVALID_MINT).
 */
errval_t cap_grant(struct capref dest, struct capref src);

/**
 * Moves a capability into an empty slot of any CSpace of which we hold the L1CNode, also one that cannot be
 * copied. The old slot is empty then, but stays the caller's.
 *
 * \return SYS_ERR_OK, or what the kernel refused (slot not empty, nothing there) under LIB_ERR_CAP_MOVE
 */
errval_t cap_move(struct capref dest, struct capref src);

/**
 * Makes objects out of part of a region.
 *
 * \param dest_start first of `count` consecutive empty slots
 * \param offset     where the first object begins in `src`, in bytes
 * \param objsize    size of one object in bytes; 0 for a type whose size is fixed
 * \return SYS_ERR_OK, or the kernel's reason under LIB_ERR_CAP_RETYPE
 *
 * Costs the time to clear the memory where the type asks for it.
 */
errval_t cap_retype(struct capref dest_start, struct capref src, gensize_t offset, enum objtype new_type,
                    gensize_t objsize, size_t count);

/**
 * Deletes a capability, with its last copy the object and what only that held: the content of a CNode, the
 * mappings of a page table, what a dispatcher is made of. The slot is empty then but stays the caller's.
 *
 * Costs time in proportion to what goes. A CSpace that holds its own L1CNode goes with cap_revoke.
 */
errval_t cap_delete(struct capref cap);

/**
 * Deletes all other copies of a capability, wherever they are, and everything that was made from its object.
 * A dispatcher that is made of any of it ends (END_REASON_REVOKED). The capability itself stays.
 *
 * All copies are alike, so a copy for somebody who may not do this is minted without CAPRIGHTS_CONTROL, which
 * this needs. With RAM without that right copies stay: who was given memory can take back what it made of it,
 * but not the memory from who gave it.
 *
 * \return SYS_ERR_OK, or the kernel's reason under LIB_ERR_CAP_REVOKE: SYS_ERR_CAP_NOT_FOUND if the
 * capability itself lay in a CNode that had to go
 *
 * Costs time in proportion to what goes.
 */
errval_t cap_revoke(struct capref cap);

/// As much of cap_revoke() as the kernel does at a time. \return also SYS_ERR_RESTART, as it is: there is
/// more to do
errval_t cap_revoke_step(struct capref cap);

/// Deletes a capability and gives its slot back to the slot allocator.
errval_t cap_destroy(struct capref cap);

/// The same for a capability that came from somebody else, who may have revoked it: then the slot is empty
/// already, and given back all the same.
void cap_discard(struct capref cap);

/// Type, rights and region of a capability. Does not push an error: an empty slot is an ordinary answer.
errval_t cap_identify(struct capref cap, struct capability_info *ret);

/// The same, and whether anything that was made from the object still lives. Takes logarithmic time in the
/// number of objects.
errval_t cap_identify_family(struct capref cap, struct capability_info *ret, bool *has_descendants);

/**
 * Maps part of a frame, or a page table, into a page table. All references must be to the caller's own
 * CSpace.
 *
 * \param dest      page table
 * \param src       frame or page table of the next level; each copy can be mapped once
 * \param slot      first entry to write
 * \param attr      VREGION_FLAGS_*
 * \param off       where in the frame the mapping starts, in bytes
 * \param pte_count entries
 * \param mapping   empty slot for the capability that stands for the mapping
 */
errval_t vnode_map(struct capref dest, struct capref src, capaddr_t slot, uint64_t attr, uint64_t off,
                   uint64_t pte_count, struct capref mapping);

/// Takes a mapping out of a page table and deletes the mapping capability.
errval_t vnode_unmap(struct capref vnode, struct capref mapping);

/**
 * Changes what the memory behind a part of a mapping may be used for.
 *
 * \param vnode   page table that the mapping is in
 * \param mapping capability that stands for the mapping of a frame
 * \param first   first entry, counted from the start of the mapping
 * \param count   entries; not 0
 * \param attr    VREGION_FLAGS_*, within the rights of the frame as it was mapped; whether the memory is
 * cached stays as it was mapped \return SYS_ERR_OK, or the kernel's reason under LIB_ERR_VNODE_PROTECT; then
 * nothing has changed
 */
errval_t vnode_protect(struct capref vnode, struct capref mapping, size_t first, size_t count, uint64_t attr);

/**
 * Makes an L2CNode in a free L1 slot of the own CSpace.
 *
 * \param ret_dest the L1 slot that holds the CNode's capability
 * \param cnoderef the CNode, for making references into it
 */
errval_t cnode_create_l2(struct capref *ret_dest, struct cnoderef *cnoderef);

/// L1 slots of the own CSpace: so many L2CNodes it can have.
size_t cspace_l1_slots(void);

/**
 * Gives the own CSpace a larger L1CNode. All addresses stay as they are, and L1 slots from cspace_l1_slots()
 * on can be used then. cap_root names the new one; the memory of the old one goes back to the allocator if it
 * came from there. Nobody but this domain's one dispatcher may run on the CSpace.
 *
 * Other threads may go on. Only L2CNodes must be made with cnode_create_l2(), and one that is deleted
 * meanwhile may live until this returns.
 *
 * \param l1_slots a multiple of 256, more than there are, and at most CSPACE_MAX_L1_SLOTS
 * \param spare    an empty slot, used during the call and empty again after it
 * \return SYS_ERR_OK, or the reason under LIB_ERR_CSPACE_RESIZE (SYS_ERR_INVALID_ARGUMENT,
 * LIB_ERR_RAM_ALLOC); then all is as it was
 *
 * Needs 64 bytes of RAM for each slot, and some 200 to 600 instructions for each L1 slot that there was.
 */
errval_t cspace_resize(size_t l1_slots, struct capref spare);

#define CSPACE_MAX_L1_SLOTS 4096

/// Makes an L1CNode of ROOTCN_SLOTS slots: an empty CSpace. References into it start from the slot
/// `ret_dest`.
errval_t cnode_create_l1(struct capref *ret_dest, struct cnoderef *cnoderef);

#endif
