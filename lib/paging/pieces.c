/**
 * What is mapped in page tables.
 */
#include <aos/capabilities.h>
#include <paging/table_internal.h>

_Static_assert(sizeof(struct page_table) <= PAGE_NODE_BYTES && sizeof(struct page_piece) <= PAGE_NODE_BYTES,
               "every node has room");

struct page_chunk page_chunk_first(lvaddr_t vaddr, genpaddr_t physical, size_t bytes)
{
    unsigned level = HUGE_LEVEL;
    while (level < LEAF_LEVEL
           && (((vaddr | physical) & ((1UL << entry_bits(level)) - 1)) || bytes >> entry_bits(level) == 0)) {
        level++;
    }
    size_t count = bytes >> entry_bits(level);
    size_t room = PAGE_TABLE_ENTRIES - entry_of(level, vaddr);
    count = count < room ? count : room;
    return (struct page_chunk){.level = level, .count = count, .bytes = count << entry_bits(level)};
}

/// Maps what a piece says, itself or by a copy.
static errval_t piece_attach(struct page_tables *tables, struct page_piece *piece)
{
    const struct page_supply *supply = tables->supply;
    errval_t err = LIB_ERR_VNODE_MAP;
    if (!supply->copies) {
        err = vnode_map(piece->table->cap, piece->frame, piece->item.entry, piece->flags, piece->offset,
                        piece->item.count, piece->mapping);
        if (err_is_ok(err) || err_no(err_pop(err)) != SYS_ERR_CAP_ALREADY_MAPPED) {
            return err;
        }
    }
    struct capref copy;
    err = supply->make_slot(tables->context, &copy);
    if (err_is_fail(err)) {
        return err;
    }
    err = cap_copy(copy, piece->frame);
    if (err_is_ok(err)) {
        err = vnode_map(piece->table->cap, copy, piece->item.entry, piece->flags, piece->offset,
                        piece->item.count, piece->mapping);
        if (err_is_ok(err)) {
            piece->frame = copy;
            piece->owns_frame = true;
            return SYS_ERR_OK;
        }
        cap_delete(copy);
    }
    page_slot_free(tables, copy);
    return err;
}

/// Makes a piece as `like` says, maps it and adds it.
static errval_t piece_make(struct page_tables *tables, const struct page_piece *like)
{
    struct page_piece *piece = page_node_make(tables, PAGE_NODE_BYTES);
    if (!piece) {
        return LIB_ERR_RAM_ALLOC_EXHAUSTED;
    }
    piece->item.entry = like->item.entry;
    piece->item.count = like->item.count;
    piece->item.is_table = false;
    piece->table = like->table;
    piece->frame = like->frame;
    piece->offset = like->offset;
    piece->flags = like->flags;
    piece->owns_frame = false;
    errval_t err = tables->supply->make_slot(tables->context, &piece->mapping);
    if (err_is_ok(err)) {
        err = piece_attach(tables, piece);
        if (err_is_ok(err)) {
            shadow_add(&piece->table->map, piece->table->level, &piece->item);
            page_table_use(tables, piece->table);
            return SYS_ERR_OK;
        }
        page_slot_free(tables, piece->mapping);
    }
    page_node_free(tables, piece, PAGE_NODE_BYTES);
    return err;
}

errval_t page_tables_map(struct page_tables *tables, lvaddr_t vaddr, const struct page_chunk *chunk,
                         struct capref frame, gensize_t offset, uint32_t flags)
{
    // Field by field, here and below: the rest need not be cleared.
    struct page_piece like;
    like.item.entry = (uint16_t)entry_of(chunk->level, vaddr);
    like.item.count = (uint16_t)chunk->count;
    like.item.is_table = false;
    like.frame = frame;
    like.offset = offset;
    like.flags = flags;
    if (chunk->level < LEAF_LEVEL) {
        page_tables_trim(tables); // It may stand where a large page is to be.
    }
    errval_t err = page_table_get(tables, chunk->level, vaddr, &like.table);
    if (err_is_fail(err)) {
        return err;
    }
    err = piece_make(tables, &like);
    if (err_is_fail(err)) {
        page_table_prune(tables, like.table);
    }
    return err;
}

lvaddr_t page_piece_base(const struct page_piece *piece)
{
    return piece->table->base + ((lvaddr_t)piece->item.entry << entry_bits(piece->table->level));
}

size_t page_piece_bytes(const struct page_piece *piece)
{
    return (size_t)piece->item.count << entry_bits(piece->table->level);
}

struct page_piece *page_tables_first_piece(struct page_tables *tables, lvaddr_t begin, lvaddr_t end)
{
    while (begin < end) {
        struct page_table *table = page_table_nearest(tables, LEAF_LEVEL, begin);
        lvaddr_t table_end = table->base + ((lvaddr_t)PAGE_TABLE_ENTRIES << entry_bits(table->level));
        lvaddr_t last = (end < table_end ? end : table_end) - 1;
        struct shadow_item *item = shadow_first(&table->map, table->level, entry_of(table->level, begin),
                                                entry_of(table->level, last) + 1);
        if (item && !item->is_table) {
            return (struct page_piece *)item;
        }
        // What stands there is a table that begins behind `begin`, or nothing up to the end of this one.
        begin = item ? ((struct page_table *)item)->base : table_end;
    }
    return NULL;
}

bool page_piece_stands(const struct page_piece *piece)
{
    struct capability_info info;
    return err_is_ok(cap_identify(piece->mapping, &info));
}

void page_piece_unmap(struct page_tables *tables, struct page_piece *piece)
{
    struct page_table *table = piece->table;
    shadow_remove(&table->map, table->level, &piece->item);
    // Whoever deleted the frame has unmapped it by that.
    (void)vnode_unmap(table->cap, piece->mapping);
    page_slot_free(tables, piece->mapping);
    if (piece->owns_frame) {
        cap_delete(piece->frame);
        page_slot_free(tables, piece->frame);
    }
    page_node_free(tables, piece, PAGE_NODE_BYTES);
    page_tables_release(tables, table);
}

errval_t page_piece_split(struct page_tables *tables, struct page_piece *piece, lvaddr_t at)
{
    struct page_table *table = piece->table;
    const unsigned bits = entry_bits(table->level);
    const size_t first_bytes = at - page_piece_base(piece);
    if (first_bytes == 0 || first_bytes >= page_piece_bytes(piece) || first_bytes % (1UL << bits)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    const uint16_t first_count = (uint16_t)(first_bytes >> bits), all = piece->item.count;
    struct page_piece second = *piece;
    second.item.entry = (uint16_t)(piece->item.entry + first_count);
    second.item.count = (uint16_t)(all - first_count);
    second.offset += first_bytes;

    errval_t err = vnode_unmap(table->cap, piece->mapping);
    if (err_is_fail(err)) {
        return err; // The frame was deleted: there is nothing to split.
    }
    shadow_remove(&table->map, table->level, &piece->item);
    piece->item.count = first_count;
    err = vnode_map(table->cap, piece->frame, piece->item.entry, piece->flags, piece->offset, first_count,
                    piece->mapping);
    if (err_is_ok(err)) {
        err = piece_make(tables, &second);
        if (err_is_fail(err)) {
            vnode_unmap(table->cap, piece->mapping);
        }
    }
    if (err_is_fail(err)) {
        piece->item.count = all;
        (void)vnode_map(table->cap, piece->frame, piece->item.entry, piece->flags, piece->offset, all,
                        piece->mapping);
    }
    shadow_add(&table->map, table->level, &piece->item);
    return err;
}

errval_t page_piece_divide(struct page_tables *tables, struct page_piece *piece)
{
    struct page_table *table = piece->table, *below;
    if (piece->item.count != 1 || table->level == LEAF_LEVEL) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    const lvaddr_t base = page_piece_base(piece);
    errval_t err = vnode_unmap(table->cap, piece->mapping);
    if (err_is_fail(err)) {
        return err;
    }
    shadow_remove(&table->map, table->level, &piece->item);
    err = page_table_make(tables, table, base, &below);
    if (err_is_ok(err)) {
        // The piece goes on, one level below.
        piece->table = below;
        piece->item = (struct shadow_item){.entry = 0, .count = PAGE_TABLE_ENTRIES};
        err = vnode_map(below->cap, piece->frame, 0, piece->flags, piece->offset, PAGE_TABLE_ENTRIES,
                        piece->mapping);
        if (err_is_ok(err)) {
            shadow_add(&below->map, below->level, &piece->item);
            below->users++;
            table->users--;
            return SYS_ERR_OK;
        }
        page_table_prune(tables, below);
    }
    piece->table = table;
    piece->item = (struct shadow_item){.entry = (uint16_t)entry_of(table->level, base), .count = 1};
    (void)vnode_map(table->cap, piece->frame, piece->item.entry, piece->flags, piece->offset, 1,
                    piece->mapping);
    shadow_add(&table->map, table->level, &piece->item);
    return err;
}

errval_t page_piece_protect(struct page_piece *piece, uint32_t flags)
{
    errval_t err = vnode_protect(piece->table->cap, piece->mapping, 0, piece->item.count, flags);
    if (err_is_ok(err)) {
        // As the kernel does: whether the memory is cached stays, also when a split maps it anew.
        const uint32_t kept = VREGION_FLAGS_NOCACHE;
        piece->flags = (piece->flags & kept) | (flags & ~kept);
    }
    return err;
}
