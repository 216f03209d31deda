/**
 * What tables.c and pieces.c share.
 */
#ifndef LIB_PAGING_TABLE_INTERNAL_H
#define LIB_PAGING_TABLE_INTERNAL_H

#include <paging/tables.h>

#define LEAF_LEVEL SHADOW_LEAF_LEVEL
#define HUGE_LEVEL 1
#define INDEX_BITS 9

/// log2 of the bytes that one entry of a table of this level translates.
static inline unsigned entry_bits(unsigned level)
{
    return BASE_PAGE_BITS + INDEX_BITS * (LEAF_LEVEL - level);
}

static inline unsigned entry_of(unsigned level, lvaddr_t vaddr)
{
    return (unsigned)(vaddr >> entry_bits(level)) % PAGE_TABLE_ENTRIES;
}

static inline void *page_node_make(struct page_tables *tables, size_t bytes)
{
    return tables->supply->make_node(tables->context, bytes);
}

static inline void page_node_free(struct page_tables *tables, void *node, size_t bytes)
{
    tables->supply->free_node(tables->context, node, bytes);
}

static inline void page_slot_free(struct page_tables *tables, struct capref slot)
{
    tables->supply->free_slot(tables->context, slot);
}

/// The table of `level` for an address, or the lowest one above it that there is.
struct page_table *page_table_nearest(struct page_tables *tables, unsigned level, lvaddr_t vaddr);

/// Finds the table of a level for an address, or makes it, with those above it.
errval_t page_table_get(struct page_tables *tables, unsigned level, lvaddr_t vaddr, struct page_table **ret);

/// Makes the table below `parent` for an address.
errval_t page_table_make(struct page_tables *tables, struct page_table *parent, lvaddr_t vaddr,
                         struct page_table **ret);

/// Something more stands in the table, or holds it.
void page_table_use(struct page_tables *tables, struct page_table *table);

/// Frees tables without users from this one upwards.
void page_table_prune(struct page_tables *tables, struct page_table *table);

#endif
