/**
 * What the domain knows of its own address space. Everything here is used inside the section "space"
 * (stock.h).
 *
 * A region is a range of addresses with a purpose. Memory that somebody mapped in it is known to the page
 * tables as pieces; memory that the library itself supplies, page by page when it is touched, as extents.
 */
#ifndef LIB_PAGING_SPACE_H
#define LIB_PAGING_SPACE_H

#include <abi/bootinfo.h>
#include <aos/paging.h>
#include <paging/arena.h>
#include <paging/regions.h>
#include <paging/stock.h>

#define SPACE_BASE  USER_OWN_BASE
#define SPACE_LIMIT ARENA_BASE

enum space_kind {
    SPACE_MAPPED,   ///< Frames that somebody mapped.
    SPACE_RESERVED, ///< Gets extents when somebody asks for them.
    SPACE_GROWS,    ///< Gets extents when it is touched.
};

struct space_region {
    struct region region; ///< First, so that one is the other.
    enum space_kind kind;
    bool busy; ///< An operation of several steps is at work on it.
    uint32_t flags;
};

/// Memory of one or several extents, which were one when it was taken.
struct space_backing {
    struct capref ram;
    struct capref slots; ///< The first of two for each page: its frame, and its mapping.
    genpaddr_t physical;
    unsigned pages;
    unsigned extents; ///< That use it.
};

/// Pages that are there when they are touched, all in one page table.
struct space_extent {
    struct region region; ///< First, so that one is the other.
    struct space_backing *backing;
    struct page_table *leaf; ///< Held.
    unsigned first_page;     ///< In the backing.
    uint32_t flags;
    uint64_t touched[2]; ///< One bit for each page that has been.
};

/// Most pages of an extent.
#define EXTENT_PAGES 128

struct paging_state {
    struct page_tables tables;
    struct regions regions;
    struct regions extents;
    bool initialised;
};

/// True for flags that the kernel maps memory with: readable, and not both writable and executable.
static inline bool space_flags_are_sane(uint32_t flags)
{
    return flags & VREGION_FLAGS_READ && !(flags & ~(uint32_t)VREGION_FLAGS_MASK)
           && !(flags & VREGION_FLAGS_WRITE && flags & VREGION_FLAGS_EXECUTE);
}

/// Enters the section for an operation on `st`, and makes sure that the address space is set up. \return why
/// not; then outside
errval_t space_enter(struct paging_state *st, struct space_operation *operation);

/// The region that all of [base, base + bytes) lies in, or NULL.
struct space_region *space_region_of(struct paging_state *st, lvaddr_t base, size_t bytes);

/// Adds a region, which overlaps none. There is a node.
struct space_region *space_add_region(struct paging_state *st, lvaddr_t base, size_t bytes,
                                      enum space_kind kind, uint32_t flags);

void space_remove_region(struct paging_state *st, struct space_region *region);

/// Finds addresses: as many bytes from a multiple of the alignment on, or only those at `base` if that is not
/// 0. \return LIB_ERR_PAGING_OVERLAP, LIB_ERR_PAGING_NO_SPACE, or SYS_ERR_INVALID_ARGUMENT
errval_t space_find(struct paging_state *st, size_t bytes, size_t alignment, lvaddr_t *base);

/* Extents, extents.c. Outside of the section. */

/// Makes extents for [base, base + bytes). \return LIB_ERR_PAGING_OVERLAP if there are some already, or why
/// there is no memory; then nothing is made
errval_t extents_make(struct paging_state *st, lvaddr_t base, size_t bytes, uint32_t flags);

/// Takes all extents in the range away, or the parts of them in it, and gives their memory back. \return
/// why one could not be cut in two; then some have gone
errval_t extents_remove(struct paging_state *st, lvaddr_t base, size_t bytes);

/// Changes what may be done with the range. \return LIB_ERR_PAGING_NOT_MAPPED if not all of it is in extents,
/// SYS_ERR_INVALID_ARGUMENT, or why an extent could not be cut in two; then nothing has changed
errval_t extents_protect(struct paging_state *st, lvaddr_t base, size_t bytes, uint32_t flags);

/// Puts a page behind an address of an extent if there is none. Inside the section. \return SYS_ERR_OK, or
/// why there is no page
errval_t extent_touch(struct space_extent *extent, lvaddr_t address, bool *mapped);

#endif
