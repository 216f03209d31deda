/**
 * Capabilities as the kernel keeps them: slots, CSpace lookup, and the operations on them.
 *
 * A slot (cte) is 64 bytes: the capability and its mapping-database node. Slots live in CNodes and in
 * dispatcher control blocks. All of them lie in the physical window below 256 GiB, so that links are 32 bits
 * wide; the kernel's own image is not in the window, so a slot cannot be a static variable of the kernel.
 */
#ifndef KERNEL_CAP_H
#define KERNEL_CAP_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <abi/syscall.h>
#include <abi/types.h>
#include <cap/cap_offsets.h>
#include <cap/physical.h>

struct capability {
    genpaddr_t base; ///< First byte of the region; interrupt number; physical address of a page table entry.
    gensize_t bytes; ///< Size of the region in its unit.
    uint64_t aux64;  ///< EndPoint: LMP_RING_ROOM(). RAM: progress of clearing (see retype.c). Remains:
                     ///< progress of emptying (see remains.c).
    uint32_t aux32;  ///< EndPoint: offset of its ring in the dispatcher frame, or 0. Mappable: link to its
                    ///< mapping, or 0. Mapping: link to what it maps. Remains: link to the next in the queue.
    uint8_t type;   ///< enum objtype
    uint8_t rights; ///< CAPRIGHTS_*
    uint16_t was;   ///< Remains: the type of the object.
};

/// Place of a capability in the mapping database (mdb.h). Links are physical addresses in slots, 0 for none.
struct mdb_node {
    gensize_t max_end; ///< Highest end of a region in this subtree.
    uint32_t child[2]; ///< Subtrees of what sorts before and behind.
    uint32_t parent;
    uint32_t next; ///< Copies of one object form a ring; a single one is its own neighbour.
    uint32_t previous;
    uint8_t level;   ///< Height of this subtree.
    uint8_t in_tree; ///< This copy is the one that stands in the tree.
    uint16_t holder; ///< SLOT_OF_*: what loses something when revoke empties this slot.
};

#define SLOT_OF_CNODE      0 ///< And of a dispatcher's end endpoint: nobody relies on it.
#define SLOT_OF_DISPATCHER 1 ///< A part that a dispatcher is made of.
#define SLOT_OF_INTERRUPT  2 ///< The endpoint that gets an interrupt.

/// A slot. Links have no room for the low bits of an address, so its alignment is part of the type.
struct cte {
    struct capability cap;
    struct mdb_node mdb;
} __attribute__((aligned(64)));

#define L2_CNODE_SLOTS 256

/// Largest L1 CNode: 4096 slots. Bounds the time of looking for a slot in use before one is deleted.
#define L1_CNODE_MAX_BYTES 0x40000UL

_Static_assert(sizeof(struct cte) == 64, "a slot is one cache line");
_Static_assert(offsetof(struct cte, cap.base) == CAP_OFF_BASE,
               "the message path in assembler knows the layout");
_Static_assert(offsetof(struct cte, cap.aux32) == CAP_OFF_AUX32,
               "the message path in assembler knows the layout");
_Static_assert(offsetof(struct cte, cap.type) == CAP_OFF_TYPE,
               "the message path in assembler knows the layout");

/**
 * Finds a slot of a CSpace.
 *
 * \param root  an L1CNode capability (by value of its region)
 * \param addr  L1 slot << 8 | L2 slot; at level 1 the low 8 bits must be 0
 * \param level 1 for a slot of the L1 CNode, 2 for a slot of an L2 CNode
 * \param slot  the slot, which may be empty
 * \return SYS_ERR_CNODE_SLOT_RANGE, SYS_ERR_CAP_NOT_FOUND, SYS_ERR_CNODE_TYPE or SYS_ERR_INVALID_ARGUMENT
 */
errval_t cspace_lookup_slot(const struct capability *root, capaddr_t addr, unsigned level, struct cte **slot);

/// Like cspace_lookup_slot, but the slot must hold a capability (SYS_ERR_CAP_NOT_FOUND).
errval_t cspace_lookup(const struct capability *root, capaddr_t addr, unsigned level, struct cte **slot);

/// Fills an empty slot with a capability that comes from nowhere, with all rights, at start-up. Panics on an
/// overlap that is not a copy.
void caps_create(struct cte *slot, enum objtype type, genpaddr_t base, gensize_t bytes);

/**
 * Fills an empty slot with a RAM, Frame or DevFrame of another core, of which its monitor told. What is known
 * already gets a copy.
 *
 * \param rights CAPRIGHTS_*
 * \return SYS_ERR_SLOT_IN_USE; SYS_ERR_INVALID_ARGUMENT for another type, or a region that is empty, wraps
 * around or is no multiple of pages; SYS_ERR_CREATE_OVERLAP if it overlaps something of which it cannot have
 * been made. Costs logarithmic time in the number of objects, for each region that holds it.
 */
errval_t caps_create_foreign(struct cte *slot, enum objtype type, uint8_t rights, genpaddr_t base,
                             gensize_t bytes);

/// True for an EndPoint whose dispatcher is told when it is deleted, and that can be moved, but not copied.
static inline bool cap_is_linked(const struct capability *cap)
{
    return cap->type == ObjType_EndPoint && (cap->rights & CAPRIGHTS_GRANT) == 0 && cap->aux32 != 0;
}

/// Copies `source` into the empty slot `destination`. The copy is not mapped, whether or not its source is.
errval_t caps_copy(struct cte *destination, struct cte *source);

/**
 * Copies with parameters.
 *
 * EndPoint without a ring: offset of the lmp_ring in the dispatcher frame, and LMP_RING_ROOM() of its slots
 * and its area for bytes. Any other, and an EndPoint that has a ring: the rights to keep, and 0. A linked one
 * cannot be minted.
 *
 * \return what caps_copy returns; SYS_ERR_RIGHTS for a right that the source does not carry;
 *         SYS_ERR_INVALID_MINT for other parameters that make no sense; SYS_ERR_DISPATCHER_INCOMPLETE while
 *         there is no dispatcher frame; SYS_ERR_LMP_ENDPOINT_RANGE for a ring that does not lie in it
 */
errval_t caps_mint(struct cte *destination, struct cte *source, uint64_t parameter1, uint64_t parameter2);

/// Moves a capability to the empty slot `destination`, with its mapping if it has one. No check of types is
/// needed: who may give it away is the caller's business.
errval_t caps_move(struct cte *destination, struct cte *source);

/**
 * Makes `count` objects of `type` from part of `source`, into consecutive empty slots from `destination`.
 *
 * \param object_bytes size of one object; for types of fixed size that, or 0
 * \param count        1 to RETYPE_MAX_COUNT: all are made in one go
 * \param offset       of the first object in the source's region, in the region's unit; 0 for EndPoints
 * \return SYS_ERR_RESTART when it stopped at its time bound while clearing memory: call again with the
 *         same arguments
 *
 * The objects carry the rights of the source, and CAPRIGHTS_CONTROL besides: who makes an object may revoke
 * what is made of it. A Frame made from a Frame keeps its content. An object that covers all of a source of
 * its own type is a copy of it, and so are EndPoints of a dispatcher that has one without a ring already:
 * copies carry the rights of the source only.
 */
errval_t caps_retype(struct cte *destination, enum objtype type, gensize_t object_bytes, size_t count,
                     struct cte *source, gensize_t offset);

/**
 * Deletes a capability; with its last copy the object goes, and all that only the object held: what is in a
 * CNode, what is mapped in a page table, what a dispatcher is made of.
 *
 * \return SYS_ERR_RESTART when it stopped at its time bound: call again. Meanwhile the slot holds a Remains,
 *         and nothing can be put into the object any more.
 *
 * An object that holds a copy of its own capability, directly or not, has no last copy to delete: it goes
 * with the revoke of that capability, or of what it was made from.
 */
errval_t caps_delete(struct cte *slot);

/**
 * Deletes all other copies of a capability and everything that was made from the object. A dispatcher that is
 * made of any of it ends. Without the right CONTROL copies stay, and only RAM can be revoked: who was given
 * memory can take back what it made of it, and not take the memory from who gave it.
 *
 * \return SYS_ERR_RIGHTS without the right CONTROL if it is not RAM; SYS_ERR_RESTART when it stopped at its
 * time bound: call again; SYS_ERR_CAP_NOT_FOUND if the slot is empty, or lay in something that was made from
 * the object and is gone now
 */
errval_t caps_revoke(struct cte *slot);

/**
 * Maps `count` entries worth of `source`, from byte `offset` on, at `entry` of the page table `vnode`, and
 * records it in the empty slot `mapping`.
 *
 * Memory: `flags` (VREGION_FLAGS_*) must have READ, not WRITE and EXECUTE together, and nothing that the
 * source's rights do not allow. An entry is 4 KiB, 2 MiB or 1 GiB, by the level of the table. Page tables:
 * one entry, no offset, and the flags say nothing.
 */
errval_t caps_map(struct cte *vnode, struct cte *source, struct cte *mapping, size_t entry, size_t count,
                  uint64_t flags, gensize_t offset);

/// Takes a mapping out of the page table `vnode` and deletes the mapping capability.
errval_t caps_unmap(struct cte *vnode, struct cte *mapping);

/**
 * Changes what the memory behind entries [first, first + count) of a mapping in `vnode` may be used for.
 *
 * `flags` as for caps_map, with the rights of the copy that is mapped; NOCACHE says nothing, since the type
 * of the memory stays. A mapping of a page table has no permissions (SYS_ERR_NOT_A_MAPPING).
 */
errval_t caps_protect(struct cte *vnode, struct cte *mapping, size_t first, size_t count, uint64_t flags);

/**
 * Checks every invariant of the mapping database: order, balance, max_end, copies, mappings both ways, no
 * overlap but by descent. Returns NULL, or a sentence that says what is wrong. Cost grows with the number of
 * capabilities; for tests and debug builds.
 */
const char *caps_check(void);

/* What the capability system needs of the rest of the kernel; the host tests bring their own. */

/// Clears memory. Both are multiples of 1024 bytes.
void memory_zero(lpaddr_t base, gensize_t bytes);

/// The last Dispatcher capability goes: the dispatcher ends. What it is made of stays in the slots of its
/// DCB.
void dispatcher_destroy(lpaddr_t dcb);

/// What a dispatcher is made of is taken from its slot `part`: it ends.
void dispatcher_lose_part(struct cte *part);

/// A linked EndPoint is deleted: its dispatcher is told, if it still runs.
void lmp_lose_link(const struct capability *endpoint);

/// The endpoint of a connected interrupt is taken from its slot.
void interrupt_lose_endpoint(struct cte *endpoint);

/// Size of the dispatcher frame of a dispatcher, or 0 if it is not set up.
gensize_t dispatcher_frame_bytes(lpaddr_t dcb);

/// Writes `count` page table entries from `pte` on, of a table of `level` 0 to 3: physical address `target`
/// and on. `leaf`: the entries map memory (device memory if `device`), else `target` is the next level's
/// table. \return false if one of them is in use; then none was written
bool vnode_write(lpaddr_t pte, unsigned level, size_t count, lpaddr_t target, bool leaf, bool device,
                 uint64_t flags);

/// Clears entries and makes sure that no translation of them stays behind.
void vnode_clear(lpaddr_t pte, size_t count);

/// Changes the permissions of entries that map memory to those of `flags`. Old translations stay behind.
void vnode_permit(lpaddr_t pte, size_t count, uint64_t flags);

/// Takes the translations of `count` pages or blocks of `span` bytes from `address` on out of the TLB, in
/// whatever address space.
void vnode_forget(lvaddr_t address, size_t count, gensize_t span);

/// Takes all translations of user level out of the TLB.
void vnode_forget_all(void);

lpaddr_t virt_to_phys(
    const void *va); ///< The inverse of phys_to_virt, and for symbols of the kernel's image.
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
