/**
 * Mapping frames into the domain's own address space (document E, step 2).
 *
 * A domain decides over the addresses from USER_OWN_BASE to USER_LIMIT; what lies below its parent built.
 * Page tables are made when they are needed and freed when they are empty. Nothing here blocks.
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
 * \return SYS_ERR_OK, or SYS_ERR_INVALID_ARGUMENT if nothing is mapped there
 */
errval_t paging_unmap(struct paging_state *st, const void *region);

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
