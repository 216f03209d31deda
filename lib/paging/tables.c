#include <aos/capabilities.h>
#include <paging/table_internal.h>

static enum objtype table_type(unsigned level)
{
    return (enum objtype)(ObjType_VNode_AARCH64_l0 + level);
}

/// Gives a table the memory for what stands in it.
static errval_t table_init_map(struct page_tables *tables, struct page_table *table)
{
    size_t bytes = shadow_bytes(table->level);
    table->map_memory = bytes ? page_node_make(tables, bytes) : NULL;
    if (bytes && !table->map_memory) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_VNODE_CREATE);
    }
    shadow_init(&table->map, table->level, table->map_memory);
    return SYS_ERR_OK;
}

static void table_free(struct page_tables *tables, struct page_table *table)
{
    if (table->map_memory) {
        page_node_free(tables, table->map_memory, shadow_bytes(table->level));
    }
    if (tables->last_leaf == table) {
        tables->last_leaf = NULL;
    }
    page_node_free(tables, table, PAGE_NODE_BYTES);
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
            page_node_free(tables, item, PAGE_NODE_BYTES);
        }
    }
}

void page_tables_forget(struct page_tables *tables)
{
    if (tables->supply) {
        forget_below(tables, &tables->root);
        if (tables->root.map_memory) {
            page_node_free(tables, tables->root.map_memory, shadow_bytes(0));
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
        page_slot_free(tables, table->mapping);
    }
    supply->free_table(tables->context, type, table->cap);
    return err;
}

errval_t page_table_make(struct page_tables *tables, struct page_table *parent, lvaddr_t vaddr,
                         struct page_table **ret)
{
    struct page_table *table = page_node_make(tables, PAGE_NODE_BYTES);
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

void page_table_prune(struct page_tables *tables, struct page_table *table)
{
    while (table->users == 0 && table != tables->empty) {
        struct page_table *parent = table->parent;
        shadow_remove(&parent->map, parent->level, &table->item);
        vnode_unmap(parent->cap, table->mapping);
        page_slot_free(tables, table->mapping);
        tables->supply->free_table(tables->context, table_type(table->level), table->cap);
        table_free(tables, table);
        parent->users--;
        table = parent;
    }
}

void page_table_use(struct page_tables *tables, struct page_table *table)
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
        page_table_prune(tables, table);
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
        page_table_prune(tables, table);
    }
}

struct page_table *page_table_nearest(struct page_tables *tables, unsigned level, lvaddr_t vaddr)
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

errval_t page_table_get(struct page_tables *tables, unsigned level, lvaddr_t vaddr, struct page_table **ret)
{
    struct page_table *table = page_table_nearest(tables, level, vaddr);
    while (table->level < level) {
        struct page_table *next;
        errval_t err = page_table_make(tables, table, vaddr, &next);
        if (err_is_fail(err)) {
            page_table_prune(tables, table);
            return err;
        }
        table = next;
    }
    *ret = table;
    return SYS_ERR_OK;
}

errval_t page_tables_hold(struct page_tables *tables, lvaddr_t vaddr, struct page_table **ret)
{
    errval_t err = page_table_get(tables, LEAF_LEVEL, vaddr, ret);
    if (err_is_ok(err)) {
        page_table_use(tables, *ret);
    }
    return err;
}
