#include <abi/bootinfo.h>
#include <aos/capabilities.h>
#include <aos/mm.h>
#include <aos/ram_alloc.h>
#include <cap/cspace.h>
#include <cap/ram.h>
#include <paging/arena.h>
#include <section/section.h>

/*
 * Operations that refills take at most: RAM's own a page for nodes and one for records of regions (3, with a
 * page table), the slots' a CNode, a larger root and three pages to keep track of them (6); and the address
 * space's six page tables and four pages for nodes (11).
 */
#define BASE    9
#define RESERVE (BASE + 11)

/// With less of its own left free, a domain that has not borrowed yet begins to: a CNode and some pages, what
/// refills mostly take. One that takes more finds too little, and is tried again when there is more.
#define OWN_LOW 0x8000UL

static errval_t refill_nodes(void);
static bool nodes_ready(enum section_need need);

struct section_group base_group;
static struct section *const needs[] = {&slot_section, &ram_section, NULL};
struct section ram_section = {
    .name = "ram",
    .ready = nodes_ready,
    .refill = refill_nodes,
    .needs = needs,
    .group = &base_group,
};

/* Used inside the section. */
static struct mm memory;
static char first_nodes[MM_BUFFER_BYTES] __attribute__((aligned(16)));
static struct {
    genpaddr_t next, end; ///< What is left of it.
    gensize_t low;        ///< With less, it is to be filled.
    bool has_source;
} store;
static gensize_t borrowed;

static gensize_t store_left(void)
{
    return store.end - store.next;
}

/// As long as nothing is borrowed the domain's own memory will do as well as the store, and goes nowhere; and
/// a domain that has enough for itself is not to ask anybody.
static void note_store(void)
{
    section_is_low =
        store.has_source && store_left() < store.low && (borrowed > 0 || memory.ranges.free_bytes < OWN_LOW);
}

/// With a source there is always a record for what it gives.
static bool has_record(void)
{
    return !store.has_source || slab_freecount(&memory.ranges.records) > 0;
}

static bool nodes_ready(enum section_need need)
{
    static const size_t operations[] = {
        [SECTION_NEED_ONE] = 1,
        [SECTION_NEED_BASE] = BASE,
        [SECTION_NEED_RESERVE] = RESERVE + 1,
    };
    return slab_freecount(&memory.ranges.nodes)
               >= operations[need] * ranges_nodes_an_operation(&memory.ranges)
           && (need != SECTION_NEED_RESERVE || has_record());
}

static errval_t add_page(struct slab_allocator *slabs)
{
    struct section_visit visit;
    void *page;
    errval_t err = arena_alloc(BASE_PAGE_SIZE, &page);
    if (err_is_ok(err)) {
        section_enter_to_free(&ram_section, &visit);
        slab_grow(slabs, page, BASE_PAGE_SIZE);
        section_leave(&ram_section, &visit);
    }
    return err;
}

static errval_t refill_nodes(void)
{
    struct section_visit visit;
    errval_t err = SYS_ERR_OK;
    bool enough = false;
    while (!enough && err_is_ok(err)) {
        section_enter_to_free(&ram_section, &visit);
        struct slab_allocator *slabs = has_record() ? &memory.ranges.nodes : &memory.ranges.records;
        section_leave(&ram_section, &visit);
        err = add_page(slabs);
        section_enter_to_free(&ram_section, &visit);
        enough = nodes_ready(SECTION_NEED_RESERVE);
        section_leave(&ram_section, &visit);
    }
    return err;
}

void ram_alloc_init(void)
{
    mm_init(&memory, ObjType_RAM, NULL, first_nodes, sizeof(first_nodes));
    // The capabilities stand one behind the other; something else may stand before and behind them.
    bool found = false;
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
        struct capref cap = {.cnode = cnode_memory, .slot = slot};
        errval_t err = mm_add(&memory, cap);
        if (err_is_fail(err) && (found || err != MM_ERR_TYPE)) {
            break;
        }
        found = err_is_ok(err);
    }
}

gensize_t ram_alloc_free_bytes(void)
{
    struct section_visit visit;
    section_enter_to_free(&ram_section, &visit);
    gensize_t bytes = mm_free_bytes(&memory) + store_left();
    section_leave(&ram_section, &visit);
    return bytes;
}

gensize_t ram_alloc_borrowed_bytes(void)
{
    return __atomic_load_n(&borrowed, __ATOMIC_RELAXED);
}

/// Part of the store, which no one has been given.
static bool is_in_store(genpaddr_t base, gensize_t bytes)
{
    return store_left() > 0 && base < store.end && bytes > 0
           && (base >= store.next || bytes > store.next - base);
}

/// Makes all of the store in front of `end` ordinary free memory. \return false if there was no node for that
static bool release_store(genpaddr_t end)
{
    if (end > store.next && err_is_fail(ranges_free(&memory.ranges, store.next, end - store.next))) {
        return false;
    }
    store.next = end;
    return true;
}

/// The store is this range from now on, which nobody else has. \return false if there was no node for what is
/// left of the old one
static bool replace_store(genpaddr_t base, gensize_t bytes)
{
    if (!release_store(store.end)) {
        return false;
    }
    store.next = base;
    store.end = base + bytes;
    store.low = RAM_STORE_LOW;
    note_store();
    return true;
}

/// What a refill takes, if the store has it.
static bool take_from_store(gensize_t bytes, gensize_t alignment, genpaddr_t *base)
{
    genpaddr_t at = ROUND_UP(store.next, alignment);
    if (at > store.end || bytes > store.end - at || !release_store(at)) {
        return false;
    }
    *base = at;
    store.next = at + bytes;
    note_store();
    return true;
}

errval_t ram_take(gensize_t bytes, gensize_t alignment, struct ram_range *ret)
{
    struct section_visit visit;
    errval_t err = section_enter(&ram_section, &visit);
    if (err_is_fail(err)) {
        return err;
    }
    if (!section_refilling() || !take_from_store(bytes, alignment, &ret->base)) {
        err = ranges_alloc(&memory.ranges, bytes, alignment, &ret->base);
        note_store();
    }
    if (err_is_ok(err)) {
        // The region stays as long as the range is taken.
        const struct region *region = ranges_region(&memory.ranges, ret->base, bytes);
        ret->bytes = bytes;
        ret->cap = region->cap;
        ret->offset = ret->base - region->base;
    }
    section_leave(&ram_section, &visit);
    return err;
}

errval_t ram_make(struct capref dest, enum objtype type, const struct ram_range *range)
{
    bool in_root = get_cap_level(dest) == CNODE_TYPE_ROOT && get_croot_addr(dest) == TASKCN_SLOT_ROOTCN;
    gensize_t objsize = type == ObjType_Dispatcher ? OBJSIZE_Dispatcher : range->bytes;
    if (in_root) {
        cspace_lock();
    }
    errval_t err = cap_retype(dest, range->cap, range->offset, type, objsize, 1);
    if (in_root) {
        cspace_unlock();
    }
    return err;
}

errval_t ram_check_give_back(genpaddr_t base, gensize_t bytes)
{
    struct section_visit visit;
    section_enter_to_free(&ram_section, &visit);
    errval_t err =
        is_in_store(base, bytes) ? MM_ERR_DOUBLE_FREE : ranges_check_free(&memory.ranges, base, bytes);
    section_leave(&ram_section, &visit);
    return err;
}

errval_t ram_give_back(genpaddr_t base, gensize_t bytes)
{
    struct section_visit visit;
    section_enter_to_free(&ram_section, &visit);
    errval_t err = is_in_store(base, bytes) ? MM_ERR_DOUBLE_FREE : mm_free_region(&memory, base, bytes);
    if (store.low < RAM_STORE_LOW && store.has_source && memory.ranges.free_bytes >= RAM_STORE_BYTES) {
        store.low = RAM_STORE_LOW; // What was refused may be had here now.
    }
    note_store();
    section_leave(&ram_section, &visit);
    return err;
}

errval_t ram_borrow(const struct ram_range *range, bool for_store, bool may_go_back)
{
    struct section_visit visit;
    struct region *region;
    errval_t err;
    section_enter_to_free(&ram_section, &visit);
    if (!for_store) {
        err = ranges_add(&memory.ranges, range->base, range->bytes, &region);
    } else {
        err = ranges_add_taken(&memory.ranges, range->base, range->bytes, &region);
        if (err_is_ok(err) && !replace_store(range->base, range->bytes)) {
            ranges_remove(&memory.ranges, region);
            err = MM_ERR_NODES;
        }
    }
    if (err_is_ok(err)) {
        region->cap = range->cap;
        region->is_removable = may_go_back;
        __atomic_store_n(&borrowed, borrowed + range->bytes, __ATOMIC_RELAXED);
        note_store();
    }
    section_leave(&ram_section, &visit);
    return err;
}

/// May a borrowed region that nobody uses go? If enough else is free, so that it is not asked for again at
/// once; and if it is most of what is borrowed: the next will be smaller.
static bool may_return(const struct region *region)
{
    return memory.ranges.free_bytes - region->bytes >= RAM_SPARE_BYTES
           || (region->bytes > RAM_SPARE_BYTES && borrowed - region->bytes < region->bytes);
}

bool ram_return_one(struct ram_range *ret)
{
    struct section_visit visit;
    section_enter_to_free(&ram_section, &visit);
    struct region *region = memory.ranges.idle;
    while (region && !may_return(region)) {
        region = region->next;
    }
    if (region) {
        *ret = (struct ram_range){.base = region->base, .bytes = region->bytes, .cap = region->cap};
        __atomic_store_n(&borrowed, borrowed - region->bytes, __ATOMIC_RELAXED);
        ranges_remove(&memory.ranges, region);
        note_store();
    }
    section_leave(&ram_section, &visit);
    return region != NULL;
}

bool ram_has_idle(void)
{
    return __atomic_load_n(&memory.ranges.idle, __ATOMIC_RELAXED) != NULL;
}

bool ram_fill_store(gensize_t bytes)
{
    struct section_visit visit;
    genpaddr_t base;
    section_enter_to_free(&ram_section, &visit);
    bool filled = err_is_ok(ranges_alloc(&memory.ranges, bytes, OBJSIZE_L2CNode, &base));
    if (filled && !replace_store(base, bytes)) {
        ranges_free(&memory.ranges, base, bytes);
        filled = false;
    }
    section_leave(&ram_section, &visit);
    return filled;
}

void ram_watch_store(bool refused)
{
    struct section_visit visit;
    section_enter_to_free(&ram_section, &visit);
    store.has_source = true;
    store.low = refused ? store_left() / 2 : RAM_STORE_LOW;
    note_store();
    section_leave(&ram_section, &visit);
}
