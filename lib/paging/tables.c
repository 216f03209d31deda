#include <aos/capabilities.h>
#include <paging/tables.h>

#define LEAF_LEVEL SHADOW_LEAF_LEVEL
#define HUGE_LEVEL 1
#define INDEX_BITS 9

_Static_assert(sizeof(struct page_table) <= PAGE_NODE_BYTES && sizeof(struct page_piece) <= PAGE_NODE_BYTES,
               "every node has room");

/// log2 of the bytes that one entry of a table of this level translates.
static unsigned entry_bits(unsigned level)
{
    return BASE_PAGE_BITS + INDEX_BITS * (LEAF_LEVEL - level);
}

static unsigned entry_of(unsigned level, lvaddr_t vaddr)
{
    return (unsigned)(vaddr >> entry_bits(level)) % PAGE_TABLE_ENTRIES;
}

static enum objtype table_type(unsigned level)
{
    return (enum objtype)(ObjType_VNode_AARCH64_l0 + level);
}

static void *make_node(struct page_tables *tables, size_t bytes)
{
    return tables->supply->make_node(tables->context, bytes);
}

static void free_node(struct page_tables *tables, void *node, size_t bytes)
{
    tables->supply->free_node(tables->context, node, bytes);
}

static void free_slot(struct page_tables *tables, struct capref slot)
{
    tables->supply->free_slot(tables->context, slot);
}

/// Gives a table the memory for what stands in it.
static errval_t table_init_map(struct page_tables *tables, struct page_table *table)
{
    size_t bytes = shadow_bytes(table->level);
    table->map_memory = bytes ? make_node(tables, bytes) : NULL;
    if (bytes && !table->map_memory) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_VNODE_CREATE);
    }
    shadow_init(&table->map, table->level, table->map_memory);
    return SYS_ERR_OK;
}

static void table_free(struct page_tables *tables, struct page_table *table)
{
    if (table->map_memory) {
        free_node(tables, table->map_memory, shadow_bytes(table->level));
    }
    if (tables->last_leaf == table) {
        tables->last_leaf = NULL;
    }
    free_node(tables, table, PAGE_NODE_BYTES);
}

errval_t page_tables_init(struct page_tables *tables, struct capref root, const struct page_supply *supply,
                          void *context)
{
    *tables = (struct page_tables){.root = {.cap = root, .users = 1}, .supply = supply, .context = context};
    return table_init_map(tables, &tables->root);
}

static void forget_below(struct page_tables *tables, struct page_table *table)
{
    struct shadow_item *item;
    while ((item = shadow_first(&table->map, table->level, 0, PAGE_TABLE_ENTRIES))) {
        // The map leads through its items: none may go while it is in.
        shadow_remove(&table->map, table->level, item);
        if (item->is_table) {
            forget_below(tables, (struct page_table *)item);
            table_free(tables, (struct page_table *)item);
        } else {
            free_node(tables, item, PAGE_NODE_BYTES);
        }
    }
}

void page_tables_forget(struct page_tables *tables)
{
    if (tables->supply) {
        forget_below(tables, &tables->root);
        if (tables->root.map_memory) {
            free_node(tables, tables->root.map_memory, shadow_bytes(0));
        }
        tables->supply = NULL;
        tables->empty = tables->last_leaf = NULL;
    }
}

/// Makes the capabilities of a new table and maps it into its parent.
static errval_t table_attach(struct page_tables *tables, struct page_table *table)
{
    const struct page_supply *supply = tables->supply;
    enum objtype type = table_type(table->level);
    errval_t err = supply->make_table(tables->context, type, &table->cap);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_VNODE_CREATE);
    }
    err = supply->make_slot(tables->context, &table->mapping);
    if (err_is_ok(err)) {
        err = vnode_map(table->parent->cap, table->cap, table->item.entry, 0, 0, 1, table->mapping);
        if (err_is_ok(err)) {
            return SYS_ERR_OK;
        }
        free_slot(tables, table->mapping);
    }
    supply->free_table(tables->context, type, table->cap);
    return err;
}

static errval_t table_make(struct page_tables *tables, struct page_table *parent, lvaddr_t vaddr,
                           struct page_table **ret)
{
    struct page_table *table = make_node(tables, PAGE_NODE_BYTES);
    if (!table) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_VNODE_CREATE);
    }
    *table = (struct page_table){
        .item = {.entry = (uint16_t)entry_of(parent->level, vaddr), .count = 1, .is_table = true},
        .parent = parent,
        .base = ROUND_DOWN(vaddr, 1UL << entry_bits(parent->level)),
        .level = parent->level + 1,
    };
    errval_t err = table_init_map(tables, table);
    if (err_is_ok(err)) {
        err = table_attach(tables, table);
    }
    if (err_is_fail(err)) {
        table_free(tables, table);
        return err;
    }
    shadow_add(&parent->map, parent->level, &table->item);
    parent->users++;
    *ret = table;
    return SYS_ERR_OK;
}

/// Frees tables without users from this one upwards.
static void table_prune(struct page_tables *tables, struct page_table *table)
{
    while (table->users == 0 && table != tables->empty) {
        struct page_table *parent = table->parent;
        shadow_remove(&parent->map, parent->level, &table->item);
        vnode_unmap(parent->cap, table->mapping);
        free_slot(tables, table->mapping);
        tables->supply->free_table(tables->context, table_type(table->level), table->cap);
        table_free(tables, table);
        parent->users--;
        table = parent;
    }
}

/// Something more stands in the table, or holds it.
static void table_use(struct page_tables *tables, struct page_table *table)
{
    table->users++;
    if (tables->empty == table) {
        tables->empty = NULL;
    }
}

void page_tables_trim(struct page_tables *tables)
{
    struct page_table *table = tables->empty;
    tables->empty = NULL;
    if (table) {
        table_prune(tables, table);
    }
}

/// Something less. One empty table of the last level stays: often the next mapping takes the place of the
/// last.
void page_tables_release(struct page_tables *tables, struct page_table *table)
{
    if (--table->users > 0) {
        return;
    }
    if (table->level == LEAF_LEVEL) {
        page_tables_trim(tables);
        tables->empty = table;
    } else {
        table_prune(tables, table);
    }
}

/// The table of `level` for an address, or the lowest one above it that there is.
static struct page_table *table_nearest(struct page_tables *tables, unsigned level, lvaddr_t vaddr)
{
    struct page_table *table = tables->last_leaf;
    if (level == LEAF_LEVEL && table && vaddr - table->base < LARGE_PAGE_SIZE) {
        return table;
    }
    table = &tables->root;
    while (table->level < level) {
        struct shadow_item *item = shadow_find(&table->map, table->level, entry_of(table->level, vaddr));
        if (!item || !item->is_table) {
            return table;
        }
        table = (struct page_table *)item;
    }
    if (level == LEAF_LEVEL) {
        tables->last_leaf = table;
    }
    return table;
}

/// Finds the table of a level for an address, or makes it, with those above it.
static errval_t table_get(struct page_tables *tables, unsigned level, lvaddr_t vaddr, struct page_table **ret)
{
    struct page_table *table = table_nearest(tables, level, vaddr);
    while (table->level < level) {
        struct page_table *next;
        errval_t err = table_make(tables, table, vaddr, &next);
        if (err_is_fail(err)) {
            table_prune(tables, table);
            return err;
        }
        table = next;
    }
    *ret = table;
    return SYS_ERR_OK;
}

errval_t page_tables_hold(struct page_tables *tables, lvaddr_t vaddr, struct page_table **ret)
{
    errval_t err = table_get(tables, LEAF_LEVEL, vaddr, ret);
    if (err_is_ok(err)) {
        table_use(tables, *ret);
    }
    return err;
}

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
    free_slot(tables, copy);
    return err;
}

/// Makes a piece as `like` says, maps it and adds it.
static errval_t piece_make(struct page_tables *tables, const struct page_piece *like)
{
    struct page_piece *piece = make_node(tables, PAGE_NODE_BYTES);
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
            table_use(tables, piece->table);
            return SYS_ERR_OK;
        }
        free_slot(tables, piece->mapping);
    }
    free_node(tables, piece, PAGE_NODE_BYTES);
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
    errval_t err = table_get(tables, chunk->level, vaddr, &like.table);
    if (err_is_fail(err)) {
        return err;
    }
    err = piece_make(tables, &like);
    if (err_is_fail(err)) {
        table_prune(tables, like.table);
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
        struct page_table *table = table_nearest(tables, LEAF_LEVEL, begin);
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
    free_slot(tables, piece->mapping);
    if (piece->owns_frame) {
        cap_delete(piece->frame);
        free_slot(tables, piece->frame);
    }
    free_node(tables, piece, PAGE_NODE_BYTES);
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
    err = table_make(tables, table, base, &below);
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
        table_prune(tables, below);
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
