#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slab.h>
#include <aos/slot_alloc.h>
#include <paging/arena.h>
#include <paging/stock.h>

/* An operation splits at most two pieces, or maps one and makes three tables; it takes up to four nodes of
 * its own. */
#define NEEDED_NODES  12
#define NEEDED_SLOTS  (PAGE_OPERATION_SLOTS + 3)
#define NEEDED_TABLES 1
#define REFILL_SLOTS  24
#define REFILL_TABLES 2
#define MOST_SLOTS    40
#define MOST_TABLES   6
#define MAP_BYTES     BASE_PAGE_SIZE ///< What shadow_bytes() is at most.

static bool stock_ready(enum section_need need);
static errval_t stock_refill(void);

static struct section *const needs[] = {&slot_section, &ram_section, NULL};
static struct section_group space_group;
static struct section space_section = {
    .name = "space",
    .ready = stock_ready,
    .refill = stock_refill,
    .needs = needs,
    .group = &space_group,
};

/* Used inside the section. */
static struct {
    struct slab_allocator nodes;
    struct slab_allocator maps;
    struct capref slots[MOST_SLOTS];
    unsigned slot_count;
    struct capref tables[PAGE_LEVELS][MOST_TABLES];
    unsigned table_count[PAGE_LEVELS];
    size_t tables_made;            ///< And not given back; read from outside.
    struct stock_surplus *surplus; ///< Of the operation that is in the section.
} stock;

static bool large_maps(void)
{
    return shadow_bytes(SHADOW_LEAF_LEVEL) > PAGE_NODE_BYTES;
}

static bool has_tables(unsigned count)
{
    return stock.table_count[1] >= count && stock.table_count[2] >= count && stock.table_count[3] >= count;
}

static bool stock_ready(enum section_need need)
{
    (void)need; // Nothing that refills maps anything here.
    return stock.slot_count >= NEEDED_SLOTS && has_tables(NEEDED_TABLES)
           && slab_freecount(&stock.nodes) >= NEEDED_NODES
           && (!large_maps() || slab_freecount(&stock.maps) >= NEEDED_TABLES);
}

/* Each step of a refill gets something outside of the section, and puts it in. */

static void enter(struct section_visit *visit)
{
    section_enter_to_free(&space_section, visit);
}

static errval_t add_slots(unsigned count)
{
    struct section_visit visit;
    struct capref slots[REFILL_SLOTS];
    size_t found, used = 0;
    for (; count > 0; count -= found) {
        errval_t err = slot_alloc_several(slots, count, &found);
        if (err_is_fail(err)) {
            return err;
        }
        enter(&visit);
        for (used = 0; used < found && stock.slot_count < MOST_SLOTS; used++) {
            stock.slots[stock.slot_count++] = slots[used];
        }
        section_leave(&space_section, &visit);
        for (; used < found; used++) {
            slot_free(slots[used]);
        }
    }
    return SYS_ERR_OK;
}

static errval_t add_table(unsigned level)
{
    struct section_visit visit;
    struct capref table;
    errval_t err = slot_alloc(&table);
    if (err_is_fail(err)) {
        return err;
    }
    err = ram_alloc_object(table, (enum objtype)(ObjType_VNode_AARCH64_l0 + level), BASE_PAGE_SIZE,
                           BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        slot_free(table);
        return err;
    }
    enter(&visit);
    bool room = stock.table_count[level] < MOST_TABLES;
    if (room) {
        stock.tables[level][stock.table_count[level]++] = table;
        stock.tables_made++;
    }
    section_leave(&space_section, &visit);
    if (!room) {
        ram_free(table);
    }
    return SYS_ERR_OK;
}

static errval_t add_page(struct slab_allocator *slabs, size_t blocksize)
{
    struct section_visit visit;
    void *page;
    errval_t err = arena_alloc(BASE_PAGE_SIZE, &page);
    if (err_is_ok(err)) {
        enter(&visit);
        if (slabs->blocksize == 0) {
            slab_init(slabs, blocksize, NULL);
        }
        slab_grow(slabs, page, BASE_PAGE_SIZE);
        section_leave(&space_section, &visit);
    }
    return err;
}

/// What there is too little of. Others may take of it meanwhile; then it is refilled again.
static void look(bool *nodes, bool *maps, unsigned *slots, unsigned tables[PAGE_LEVELS])
{
    struct section_visit visit;
    enter(&visit);
    *nodes = slab_freecount(&stock.nodes) < NEEDED_NODES;
    *maps = large_maps() && slab_freecount(&stock.maps) < NEEDED_TABLES;
    *slots = stock.slot_count < REFILL_SLOTS ? REFILL_SLOTS - stock.slot_count : 0;
    for (unsigned level = 1; level < PAGE_LEVELS; level++) {
        const unsigned count = stock.table_count[level];
        tables[level] = count < REFILL_TABLES ? REFILL_TABLES - count : 0;
    }
    section_leave(&space_section, &visit);
}

static errval_t stock_refill(void)
{
    bool nodes, maps;
    unsigned slots, tables[PAGE_LEVELS];
    look(&nodes, &maps, &slots, tables);
    errval_t err = nodes ? add_page(&stock.nodes, PAGE_NODE_BYTES) : SYS_ERR_OK;
    if (maps && err_is_ok(err)) {
        err = add_page(&stock.maps, MAP_BYTES);
    }
    if (err_is_ok(err)) {
        err = add_slots(slots);
    }
    for (unsigned level = 1; level < PAGE_LEVELS; level++) {
        for (; tables[level] > 0 && err_is_ok(err); tables[level]--) {
            err = add_table(level);
        }
    }
    return err;
}

errval_t space_begin(struct space_operation *operation)
{
    operation->surplus.slot_count = operation->surplus.table_count = 0;
    errval_t err = section_enter(&space_section, &operation->visit);
    if (err_is_ok(err)) {
        stock.surplus = &operation->surplus;
    }
    return err;
}

void space_begin_free(struct space_operation *operation)
{
    operation->surplus.slot_count = operation->surplus.table_count = 0;
    section_enter_to_free(&space_section, &operation->visit);
    stock.surplus = &operation->surplus;
}

void space_end(struct space_operation *operation)
{
    section_leave(&space_section, &operation->visit);
    while (operation->surplus.slot_count > 0) {
        slot_free(operation->surplus.slots[--operation->surplus.slot_count]);
    }
    while (operation->surplus.table_count > 0) {
        ram_free(operation->surplus.tables[--operation->surplus.table_count]);
    }
}

size_t stock_bytes(void)
{
    return __atomic_load_n(&stock.tables_made, __ATOMIC_RELAXED) * BASE_PAGE_SIZE;
}

void *stock_node(void)
{
    return slab_alloc(&stock.nodes);
}

void stock_node_free(void *node)
{
    slab_free(&stock.nodes, node);
}

static errval_t take_table(void *context, enum objtype type, struct capref *ret)
{
    (void)context;
    unsigned level = type - ObjType_VNode_AARCH64_l0;
    if (stock.table_count[level] == 0) {
        return LIB_ERR_RESERVE;
    }
    *ret = stock.tables[level][--stock.table_count[level]];
    return SYS_ERR_OK;
}

/// An empty table is as good as a new one.
static void keep_table(void *context, enum objtype type, struct capref table)
{
    (void)context;
    unsigned level = type - ObjType_VNode_AARCH64_l0;
    if (stock.table_count[level] < MOST_TABLES) {
        stock.tables[level][stock.table_count[level]++] = table;
    } else {
        stock.surplus->tables[stock.surplus->table_count++] = table;
        stock.tables_made--;
    }
}

static errval_t take_slot(void *context, struct capref *ret)
{
    (void)context;
    if (stock.slot_count == 0) {
        return LIB_ERR_RESERVE;
    }
    *ret = stock.slots[--stock.slot_count];
    return SYS_ERR_OK;
}

static void keep_slot(void *context, struct capref slot)
{
    (void)context;
    if (stock.slot_count < MOST_SLOTS) {
        stock.slots[stock.slot_count++] = slot;
    } else {
        stock.surplus->slots[stock.surplus->slot_count++] = slot;
    }
}

static void *take_node(void *context, size_t bytes)
{
    (void)context;
    return slab_alloc(bytes <= PAGE_NODE_BYTES ? &stock.nodes : &stock.maps);
}

static void keep_node(void *context, void *node, size_t bytes)
{
    (void)context;
    slab_free(bytes <= PAGE_NODE_BYTES ? &stock.nodes : &stock.maps, node);
}

const struct page_supply stock_supply = {
    .make_table = take_table,
    .make_slot = take_slot,
    .make_node = take_node,
    .free_table = keep_table,
    .free_slot = keep_slot,
    .free_node = keep_node,
};
