/**
 * Which ranges of an address space are in use: found, added and removed in logarithmic time, whatever their
 * number. The nodes are the caller's. Builds for the host too.
 */
#ifndef LIB_PAGING_REGIONS_H
#define LIB_PAGING_REGIONS_H

#include <abi/types.h>

/// A range of addresses in use, and its place in the tree.
struct region {
    lvaddr_t base;
    size_t bytes;
    struct region *child[2]; ///< Regions below and above.
    uint32_t priority;       ///< No child has a higher one: random, so that the tree is balanced by chance.
    lvaddr_t lowest;         ///< First address of the subtree's regions.
    lvaddr_t end;            ///< Behind the last of them.
    size_t largest_gap;      ///< Between two regions of the subtree that are neighbours.
};

struct regions {
    struct region *root;
    uint32_t random; ///< State of the generator of priorities; any value to start with.
};

/// True if any region has an address in [base, base + bytes).
bool regions_overlap(const struct regions *regions, lvaddr_t base, size_t bytes);

/// Any region with an address in [base, base + bytes), or NULL.
struct region *regions_any(const struct regions *regions, lvaddr_t base, size_t bytes);

/// Adds a region whose base and bytes are set. It overlaps none.
void regions_add(struct regions *regions, struct region *region);

/// The region that begins at `base`, or NULL.
struct region *regions_find(const struct regions *regions, lvaddr_t base);

/// Takes a region out that is in.
void regions_remove(struct regions *regions, struct region *region);

/**
 * Finds the lowest gap that surely has room, with `guard` free bytes on either side.
 *
 * \param bytes, alignment  what is to fit; alignment a power of two, at least a page. A gap that is smaller
 * than bytes + alignment + 2 guards may be passed over although it would do. \param low, high         the
 * range in which to look \return the address, or 0 if there is none
 */
lvaddr_t regions_find_room(const struct regions *regions, size_t bytes, size_t alignment, size_t guard,
                           lvaddr_t low, lvaddr_t high);

#endif
