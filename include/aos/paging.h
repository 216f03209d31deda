/**
 * Mapping frames into the domain's own address space (document E, step 2).
 *
 * A domain decides over the addresses from USER_OWN_BASE on; what lies below its parent built. Pages of 4
 * KiB, 2 MiB and 1 GiB are used as address, memory and size allow. Page tables are made when they are needed
 * and freed when they are empty. All threads may call everything; each call may wait for others that are in
 * the middle of one.
 */
#ifndef AOS_PAGING_H
#define AOS_PAGING_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <aos/caddr.h>

struct paging_state;

/// The domain's own address space.
struct paging_state *get_current_paging_state(void);

/**
 * Maps a frame wherever there is room. One page before and behind it stays unmapped, to catch what runs past
 * an end.
 *
 * \param buf   the address
 * \param bytes how much of the frame, rounded up to pages
 * \param flags VREGION_FLAGS_*; nothing is both writable and executable
 * \return SYS_ERR_OK, or LIB_ERR_PAGING_MAP on top of the reason; then nothing has changed
 */
errval_t paging_map_frame_attr(struct paging_state *st, void **buf, size_t bytes, struct capref frame,
                               int flags);

/// The same at a given address, a multiple of the page size. \return LIB_ERR_PAGING_OVERLAP inside, if it is
/// in use
errval_t paging_map_fixed_attr(struct paging_state *st, lvaddr_t vaddr, struct capref frame, size_t bytes,
                               int flags);

/// The same for the part of the frame from `offset` bytes on, a multiple of the page size.
errval_t paging_map_fixed_attr_offset(struct paging_state *st, lvaddr_t vaddr, struct capref frame,
                                      gensize_t offset, size_t bytes, int flags);

/**
 * Takes a mapping away. The frame stays as it is.
 *
 * \param region what paging_map_* gave or was given as the address
 * \return SYS_ERR_OK, or LIB_ERR_PAGING_NOT_MAPPED inside if no mapping begins there, or another thread is at
 * work on it
 */
errval_t paging_unmap(struct paging_state *st, const void *region);

/**
 * Takes part of one mapping away. A large page that must be cut becomes small ones.
 *
 * \param address, bytes multiples of the page size
 * \return SYS_ERR_OK, or LIB_ERR_PAGING_UNMAP on top of LIB_ERR_PAGING_NOT_MAPPED or of why there were no
 * resources to cut the mapping; then nothing has changed
 */
errval_t paging_unmap_range(struct paging_state *st, const void *address, size_t bytes);

/**
 * Changes what may be done with part of one mapping, or of what paging_region_map() gave.
 *
 * \param flags VREGION_FLAGS_*, nothing that the frame's rights do not allow
 * \return SYS_ERR_OK, or LIB_ERR_PAGING_PROTECT on top of the reason
 */
errval_t paging_protect(struct paging_state *st, const void *address, size_t bytes, int flags);

/**
 * A range of addresses for memory that the library supplies, cleared, one page after the other as each is
 * touched first. One thread at a time calls functions on one region; all may use the memory.
 */
struct paging_region {
    struct paging_state *st;
    lvaddr_t base_addr;
    lvaddr_t current_addr; ///< The next that paging_region_map() will give.
    size_t region_size;
    int flags; ///< VREGION_FLAGS_*
};

/// Reserves `size` bytes of addresses, rounded up to pages; up to most of the address space. Costs no memory.
errval_t paging_region_init(struct paging_state *st, struct paging_region *pr, size_t size, int flags);

/// The same from a multiple of `alignment` on, a power of two.
errval_t paging_region_init_aligned(struct paging_state *st, struct paging_region *pr, size_t size,
                                    size_t alignment, int flags);

/// The same at a given address. \return LIB_ERR_PAGING_OVERLAP inside, if it is in use
errval_t paging_region_init_fixed(struct paging_state *st, struct paging_region *pr, lvaddr_t base,
                                  size_t size, int flags);

/**
 * Hands out the next part of a region. Memory for all of it is set aside now, and cleared and mapped page by
 * page when it is touched: who may touch it need not fear that there is none.
 *
 * \param req_size rounded up to pages
 * \param ret_size what it became; may be NULL
 * \return SYS_ERR_OK, or LIB_ERR_PAGING_MAP on top of LIB_ERR_PAGING_REGION_FULL or of why there is no
 * memory; then nothing has changed
 */
errval_t paging_region_map(struct paging_region *pr, size_t req_size, void **retbuf, size_t *ret_size);

/// Gives the memory of part of a region back; nobody may touch it any more. What lies at the end of what was
/// handed out can be handed out again. Memory goes back in pieces of up to 512 KiB, each when all of it has
/// been given back. \return LIB_ERR_PAGING_UNMAP on top of SYS_ERR_INVALID_ARGUMENT, or of why a piece could
/// not be cut in two; then part of the range may have gone
errval_t paging_region_unmap(struct paging_region *pr, lvaddr_t base, size_t bytes);

/// Gives everything back, addresses too. Of a region that is all zero there is nothing to give.
void paging_region_destroy(struct paging_region *pr);

static inline errval_t paging_map_frame(struct paging_state *st, void **buf, size_t bytes,
                                        struct capref frame)
{
    return paging_map_frame_attr(st, buf, bytes, frame, VREGION_FLAGS_READ_WRITE);
}

static inline errval_t paging_map_fixed(struct paging_state *st, lvaddr_t vaddr, struct capref frame,
                                        size_t bytes)
{
    return paging_map_fixed_attr(st, vaddr, frame, bytes, VREGION_FLAGS_READ_WRITE);
}

#endif
