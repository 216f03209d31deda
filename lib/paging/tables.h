/**
 * Page tables of one address space: which there are, what is mapped in them, and changing both.
 *
 * The same code serves a domain's own address space and that of a child which is being built; where page
 * tables, slots and nodes come from makes the difference (struct page_supply). No locks: the caller sees to
 * it that one thread at a time is here.
 */
#ifndef LIB_PAGING_TABLES_H
#define LIB_PAGING_TABLES_H

#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>
#include <paging/shadow/shadow.h>

#define PAGE_LEVELS        4
#define PAGE_TABLE_ENTRIES 512

/// One page table.
struct page_table {
    struct shadow_item item; ///< In its parent. First, so that one is the other.
    struct shadow_map map;   ///< What stands in it.
    void *map_memory;
    struct page_table *parent;
    struct capref cap;
    struct capref mapping; ///< In the parent.
    lvaddr_t base;         ///< First address that it translates.
    unsigned level;        ///< 0 to 3
    unsigned users;        ///< Items in it, and those who hold it; without any it goes.
};

/// Memory that one command mapped: consecutive entries of one table.
struct page_piece {
    struct shadow_item item; ///< First, so that one is the other.
    struct page_table *table;
    struct capref frame; ///< What is mapped.
    struct capref mapping;
    gensize_t offset; ///< In the frame, of its first byte.
    uint32_t flags;   ///< VREGION_FLAGS_*
    bool owns_frame;  ///< `frame` is a copy that was made for this.
};

/// Room for any of the above.
#define PAGE_NODE_BYTES 144

/// Gives page tables, slots and nodes, and takes them back. All slots must be of the caller's own CSpace:
/// that is where the kernel looks for them.
struct page_supply {
    errval_t (*make_table)(void *context, enum objtype type, struct capref *ret);
    errval_t (*make_slot)(void *context, struct capref *ret);
    void *(*make_node)(void *context,
                       size_t bytes); ///< PAGE_NODE_BYTES or shadow_bytes(); NULL if there is none.
    void (*free_table)(void *context, enum objtype type, struct capref table); ///< Nothing is mapped in it.
    void (*free_slot)(void *context, struct capref slot);                      ///< It is empty.
    void (*free_node)(void *context, void *node, size_t bytes);
    bool copies; ///< Frames are never mapped themselves, always a copy.
};

struct page_tables {
    struct page_table root;
    struct page_table
        *empty; ///< One of the last level in which nothing is any more, kept for what comes next; or NULL.
    struct page_table *last_leaf; ///< The table of the last level that was looked up last, or NULL.
    const struct page_supply *supply;
    void *context; ///< For the supply.
};

/// What one command can map at most, beginning at some address.
struct page_chunk {
    unsigned level; ///< Of the table: 3 for pages of 4 KiB, 2 for 2 MiB, 1 for 1 GiB.
    size_t count;   ///< Of entries.
    size_t bytes;
};

/// Starts with the root page table that `root` names, and nothing in it. \return LIB_ERR_VNODE_CREATE without
/// a node
errval_t page_tables_init(struct page_tables *tables, struct capref root, const struct page_supply *supply,
                          void *context);

/// Frees the table that is kept although it is empty.
void page_tables_trim(struct page_tables *tables);

/// Forgets all tables, without changing them: somebody else deletes their capabilities.
void page_tables_forget(struct page_tables *tables);

/**
 * The first part of a mapping: as large pages as address, memory and size allow, as many as fit into one
 * table.
 *
 * \param physical address of the memory, or any address that is as well aligned
 */
struct page_chunk page_chunk_first(lvaddr_t vaddr, genpaddr_t physical, size_t bytes);

/// Most slots that one call of page_tables_map() or page_piece_split() takes.
#define PAGE_OPERATION_SLOTS 5

/**
 * Maps a chunk, and makes the tables that it needs.
 *
 * \param frame  it is mapped itself, unless that copy is mapped elsewhere already: then a copy is made
 * \param flags  VREGION_FLAGS_*
 * \return SYS_ERR_OK, or why; then nothing has changed
 */
errval_t page_tables_map(struct page_tables *tables, lvaddr_t vaddr, const struct page_chunk *chunk,
                         struct capref frame, gensize_t offset, uint32_t flags);

/// The first piece that has an address in [begin, end), or NULL.
struct page_piece *page_tables_first_piece(struct page_tables *tables, lvaddr_t begin, lvaddr_t end);

lvaddr_t page_piece_base(const struct page_piece *piece);
size_t page_piece_bytes(const struct page_piece *piece);

/// False if the frame was deleted, and the mapping with it.
bool page_piece_stands(const struct page_piece *piece);

/// Takes a piece away, and the tables that are empty then, but for one.
void page_piece_unmap(struct page_tables *tables, struct page_piece *piece);

/**
 * Makes two pieces of one. For a moment nothing is mapped there.
 *
 * \param at a multiple of the piece's page size, inside it
 * \return SYS_ERR_INVALID_ARGUMENT for another address, or why the second part could not be mapped: then
 * nothing has changed
 */
errval_t page_piece_split(struct page_tables *tables, struct page_piece *piece, lvaddr_t at);

/// Maps a piece that is one large page with a table full of the next smaller pages instead. For a moment
/// nothing is mapped there. \return why the table could not be had; then nothing has changed
errval_t page_piece_divide(struct page_tables *tables, struct page_piece *piece);

/// Changes what may be done with all of a piece. \return SYS_ERR_RIGHTS or SYS_ERR_INVALID_ARGUMENT
errval_t page_piece_protect(struct page_piece *piece, uint32_t flags);

/// Finds or makes the table of the last level for an address, and keeps it from going.
errval_t page_tables_hold(struct page_tables *tables, lvaddr_t vaddr, struct page_table **ret);

void page_tables_release(struct page_tables *tables, struct page_table *table);

#endif
