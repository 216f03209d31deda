#include <aos/capabilities.h>
#include <paging/tables.h>
#include <stdlib.h>

#define LEAF_LEVEL  3
#define LARGE_LEVEL 2
#define INDEX_BITS  9

/// log2 of the bytes that one entry of a table of this level translates.
static unsigned entry_bits(unsigned level)
{
    return BASE_PAGE_BITS + INDEX_BITS * (LEAF_LEVEL - level);
}

static unsigned entry_of(unsigned level, lvaddr_t vaddr)
{
    return (unsigned)(vaddr >> entry_bits(level)) % PAGE_TABLE_ENTRIES;
}

/// First address that the table of this level for `vaddr` translates.
static lvaddr_t table_base(unsigned level, lvaddr_t vaddr)
{
    return ROUND_DOWN(vaddr, 1UL << (entry_bits(level) + INDEX_BITS));
}

static struct page_table **bucket_of(struct page_tables *tables, unsigned level, lvaddr_t base)
{
    lvaddr_t number = base >> entry_bits(LARGE_LEVEL);
    return &tables->buckets[(number ^ number >> INDEX_BITS ^ level) % PAGE_TABLE_BUCKETS];
}

void page_tables_init(struct page_tables *tables, struct capref root, const struct vnode_source *source,
                      void *context)
{
    *tables = (struct page_tables){.root = {.cap = root}, .source = source, .context = context};
}

/// Maps a new table into its parent and remembers it.
static errval_t table_attach(struct page_tables *tables, struct page_table *table)
{
    static const enum objtype types[] = {
        ObjType_VNode_AARCH64_l0,
        ObjType_VNode_AARCH64_l1,
        ObjType_VNode_AARCH64_l2,
        ObjType_VNode_AARCH64_l3,
    };
    errval_t err = tables->source->make_table(tables->context, types[table->level], &table->cap);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_VNODE_CREATE);
    }
    err = tables->source->make_slot(tables->context, &table->mapping);
    if (err_is_ok(err)) {
        err = vnode_map(table->parent->cap, table->cap, entry_of(table->parent->level, table->base), 0, 0, 1,
                        table->mapping);
        if (err_is_ok(err)) {
            struct page_table **bucket = bucket_of(tables, table->level, table->base);
            table->next = *bucket;
            *bucket = table;
            table->parent->users++;
            return SYS_ERR_OK;
        }
        tables->source->free_slot(tables->context, table->mapping);
    }
    tables->source->free_table(tables->context, table->cap);
    return err;
}

/// Frees a table without users, then its parent if that was the last use of it.
static void table_release(struct page_tables *tables, struct page_table *table)
{
    while (table->users == 0 && table != &tables->root) {
        struct page_table *parent = table->parent;
        struct page_table **link = bucket_of(tables, table->level, table->base);
        while (*link != table) {
            link = &(*link)->next;
        }
        *link = table->next;
        vnode_unmap(parent->cap, table->mapping);
        tables->source->free_slot(tables->context, table->mapping);
        tables->source->free_table(tables->context, table->cap);
        free(table);
        parent->users--;
        table = parent;
    }
}

/// Finds the table of a level for an address, or makes it, with those above it.
static errval_t table_get(struct page_tables *tables, unsigned level, lvaddr_t vaddr, struct page_table **ret)
{
    struct page_table *parent = &tables->root;
    for (unsigned at = 1; at <= level; at++) {
        lvaddr_t base = table_base(at, vaddr);
        struct page_table *table = *bucket_of(tables, at, base);
        while (table && (table->level != at || table->base != base)) {
            table = table->next;
        }
        if (!table) {
            table = calloc(1, sizeof(*table));
            if (!table) {
                table_release(tables, parent);
                return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_VNODE_CREATE);
            }
            *table = (struct page_table){.parent = parent, .base = base, .level = at};
            errval_t err = table_attach(tables, table);
            if (err_is_fail(err)) {
                free(table);
                table_release(tables, parent);
                return err;
            }
        }
        parent = table;
    }
    *ret = parent;
    return SYS_ERR_OK;
}

/// Maps `count` entries from `vaddr` on, all in one table.
static errval_t piece_map(struct page_tables *tables, unsigned level, lvaddr_t vaddr, struct capref frame,
                          gensize_t offset, size_t count, uint64_t flags, struct page_piece *piece)
{
    const struct vnode_source *source = tables->source;
    errval_t err = table_get(tables, level, vaddr, &piece->table);
    if (err_is_fail(err)) {
        return err;
    }
    err = source->make_slot(tables->context, &piece->frame);
    if (err_is_ok(err)) {
        err = source->make_slot(tables->context, &piece->mapping);
        if (err_is_ok(err)) {
            err = cap_copy(piece->frame, frame);
            if (err_is_ok(err)) {
                err = vnode_map(piece->table->cap, piece->frame, entry_of(level, vaddr), flags, offset, count,
                                piece->mapping);
                if (err_is_ok(err)) {
                    piece->table->users++;
                    return SYS_ERR_OK;
                }
                cap_delete(piece->frame);
            }
            source->free_slot(tables->context, piece->mapping);
        }
        source->free_slot(tables->context, piece->frame);
    }
    table_release(tables, piece->table);
    return err;
}

size_t page_tables_max_pieces(size_t bytes)
{
    return bytes / LARGE_PAGE_SIZE + 2;
}

errval_t page_tables_map(struct page_tables *tables, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                         size_t bytes, uint64_t flags, struct page_piece *pieces, size_t *piece_count)
{
    struct capability_info info;
    errval_t err = cap_identify(frame, &info);
    if (err_is_fail(err)) {
        return err;
    }
    bool large = ((vaddr | bytes | (info.base + offset)) & (LARGE_PAGE_SIZE - 1)) == 0;
    unsigned level = large ? LARGE_LEVEL : LEAF_LEVEL;
    size_t done = 0, pieces_done = 0;
    while (done < bytes) {
        size_t entries = (bytes - done) >> entry_bits(level);
        size_t room = PAGE_TABLE_ENTRIES - entry_of(level, vaddr + done);
        size_t count = entries < room ? entries : room;
        err =
            piece_map(tables, level, vaddr + done, frame, offset + done, count, flags, &pieces[pieces_done]);
        if (err_is_fail(err)) {
            page_tables_unmap(tables, pieces, pieces_done);
            return err;
        }
        pieces_done++;
        done += count << entry_bits(level);
    }
    *piece_count = pieces_done;
    return SYS_ERR_OK;
}

void page_tables_forget(struct page_tables *tables)
{
    for (unsigned i = 0; i < PAGE_TABLE_BUCKETS; i++) {
        while (tables->buckets[i]) {
            struct page_table *table = tables->buckets[i];
            tables->buckets[i] = table->next;
            free(table);
        }
    }
}

void page_tables_unmap(struct page_tables *tables, const struct page_piece *pieces, size_t piece_count)
{
    for (size_t i = 0; i < piece_count; i++) {
        const struct page_piece *piece = &pieces[i];
        vnode_unmap(piece->table->cap, piece->mapping);
        cap_delete(piece->frame);
        tables->source->free_slot(tables->context, piece->mapping);
        tables->source->free_slot(tables->context, piece->frame);
        piece->table->users--;
        table_release(tables, piece->table);
    }
}
