/**
 * Page tables of one address space: which there are, and mapping frames into them.
 *
 * The same code serves a domain's own address space and that of a child which is being built; where page
 * tables and slots come from makes the difference (struct vnode_source).
 */
#ifndef LIB_PAGING_TABLES_H
#define LIB_PAGING_TABLES_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>

#define PAGE_TABLE_ENTRIES 512

/// Gives page tables and slots. All slots must be of the caller's own CSpace: that is where the kernel looks
/// for them.
struct vnode_source {
    errval_t (*make_table)(void *context, enum objtype type, struct capref *ret);
    errval_t (*make_slot)(void *context, struct capref *ret);
    void (*free_table)(void *context, struct capref table); ///< Deletes it and its slot.
    void (*free_slot)(void *context, struct capref slot);
};

/// One page table. Owned by its struct page_tables.
struct page_table {
    struct capref cap;
    struct capref mapping; ///< In the parent.
    struct page_table *parent;
    struct page_table *next; ///< In the same bucket.
    lvaddr_t base;           ///< First address that it translates.
    unsigned level;          ///< 0 to 3
    unsigned users;          ///< Mappings and tables in it; without any it goes.
};

#define PAGE_TABLE_BUCKETS 64

struct page_tables {
    struct page_table root;
    struct page_table *buckets[PAGE_TABLE_BUCKETS];
    const struct vnode_source *source;
    void *context; ///< For the source.
};

/// What one page table holds of a mapped frame.
struct page_piece {
    struct page_table *table;
    struct capref frame; ///< The copy that is mapped: each can be mapped once.
    struct capref mapping;
};

/// Starts with the root page table that `root` names, and no others.
void page_tables_init(struct page_tables *tables, struct capref root, const struct vnode_source *source,
                      void *context);

/// Most pieces that a mapping of `bytes` can have, whatever its address.
size_t page_tables_max_pieces(size_t bytes);

/**
 * Maps `bytes` of a frame from `offset` on at `vaddr`, with pages of 2 MiB where address, memory and size
 * allow it. All three are multiples of the page size.
 *
 * \param flags  VREGION_FLAGS_*
 * \param pieces what was mapped where, at most page_tables_max_pieces(bytes)
 * \return SYS_ERR_OK, or why; then nothing is mapped
 */
errval_t page_tables_map(struct page_tables *tables, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                         size_t bytes, uint64_t flags, struct page_piece *pieces, size_t *piece_count);

/// Forgets all tables, without changing them: they stay as they are, and somebody else deletes their
/// capabilities.
void page_tables_forget(struct page_tables *tables);

/// Undoes page_tables_map(), and frees the page tables that are empty then.
void page_tables_unmap(struct page_tables *tables, const struct page_piece *pieces, size_t piece_count);

#endif
