/**
 * What the library knows of page tables: a map from the entries of each table to what stands there. The axis
 * `shadow` says how it is kept; a value defines the functions below.
 *
 * An item covers one or more consecutive entries, and no entry has two. Nothing here allocates: a table's
 * room for its map comes with it.
 */
#ifndef LIB_PAGING_SHADOW_SHADOW_H
#define LIB_PAGING_SHADOW_SHADOW_H

#include <abi/types.h>

#define SHADOW_ENTRIES    512
#define SHADOW_LEAF_LEVEL 3

/// Part of whatever stands in a page table.
struct shadow_item {
    uint16_t entry; ///< The first that it covers.
    uint16_t count;
    bool is_table;                ///< The next level's table, or memory that is mapped.
    uint32_t priority;            ///< For the strategy.
    struct shadow_item *links[2]; ///< For the strategy.
};

/// The map of one table; part of it.
struct shadow_map {
    void *root; ///< For the strategy: its tree, or the memory that shadow_bytes() asked for.
};

/// Bytes that the map of a table of this level needs beside itself, 0 for none.
size_t shadow_bytes(unsigned level);

/// Makes an empty map. \param memory what shadow_bytes() asked for, with any content
void shadow_init(struct shadow_map *map, unsigned level, void *memory);

/// The item that covers an entry, or NULL.
struct shadow_item *shadow_find(const struct shadow_map *map, unsigned level, unsigned entry);

/// The first item that covers an entry in [entry, limit), or NULL.
struct shadow_item *shadow_first(const struct shadow_map *map, unsigned level, unsigned entry,
                                 unsigned limit);

/// Adds an item whose entry and count are set; none of its entries is covered.
void shadow_add(struct shadow_map *map, unsigned level, struct shadow_item *item);

void shadow_remove(struct shadow_map *map, unsigned level, struct shadow_item *item);

#endif
