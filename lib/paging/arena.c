#include <aos/arguments.h>
#include <aos/capabilities.h>
#include <aos/dispatch.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>
#include <paging/arena.h>

#define LEVELS      4
#define ARENA_BYTES (1UL << 30) ///< What one page table of level 2 translates.

static struct {
    struct thread_mutex mutex;    ///< For what follows.
    lvaddr_t handed_out;          ///< What comes next starts here,
    lvaddr_t next;                ///< and up to here it is mapped.
    lvaddr_t limit;               ///< Of this range; 0: there is none yet.
    size_t bytes;                 ///< Of RAM, read without the mutex.
    lvaddr_t leaf_base;           ///< What the page table of the last level translates, or is to.
    struct capref tables[LEVELS]; ///< For `next`, of each level, as far as they have been made.
} arena;

static size_t entry_of(unsigned level, lvaddr_t vaddr)
{
    return vaddr >> (BASE_PAGE_BITS + 9 * (LEVELS - 1 - level)) & 511;
}

/// Begins with the range in the parent's page tables, if there is one, or with the own range.
static void begin(void)
{
    const struct domain_arguments *arguments = domain_arguments();
    if (!arena.limit && arguments && arguments->arena_tables[LEVELS - 1]) {
        arena.handed_out = arena.next = USER_ARENA;
        arena.limit = USER_DISPATCHER;
        arena.leaf_base = ROUND_DOWN(USER_ARENA, LARGE_PAGE_SIZE);
        for (unsigned level = 0; level < LEVELS; level++) {
            arena.tables[level] = (struct capref){cnode_page, arguments->arena_tables[level]};
        }
        return;
    }
    arena.handed_out = arena.next = ARENA_BASE;
    arena.limit = ARENA_BASE + ARENA_BYTES;
    arena.tables[0] = cap_vroot;
    for (unsigned level = 1; level < LEVELS; level++) {
        arena.tables[level] = NULL_CAP;
    }
}

/// Maps something into the table of `level`, at the entry for `next`.
static errval_t map(unsigned level, struct capref what, uint64_t flags)
{
    struct capref mapping;
    errval_t err = slot_alloc(&mapping);
    if (err_is_fail(err)) {
        return err;
    }
    err = vnode_map(arena.tables[level], what, entry_of(level, arena.next), flags, 0, 1, mapping);
    if (err_is_fail(err)) {
        slot_free(mapping);
    }
    return err;
}

/// The page tables for `next`.
static errval_t make_tables(void)
{
    if (arena.leaf_base != ROUND_DOWN(arena.next, LARGE_PAGE_SIZE)) {
        arena.tables[LEVELS - 1] = NULL_CAP;
        arena.leaf_base = ROUND_DOWN(arena.next, LARGE_PAGE_SIZE);
    }
    for (unsigned level = 1; level < LEVELS; level++) {
        if (!capref_is_null(arena.tables[level])) {
            continue;
        }
        struct capref table;
        errval_t err = slot_alloc(&table);
        if (err_is_fail(err)) {
            return err;
        }
        err = ram_alloc_object(table, ObjType_VNode_AARCH64_l0 + level, BASE_PAGE_SIZE, BASE_PAGE_SIZE);
        if (err_is_fail(err)) {
            slot_free(table);
            return err;
        }
        err = map(level - 1, table, 0);
        if (err_is_fail(err)) {
            ram_free(table);
            return err;
        }
        arena.tables[level] = table;
        arena.bytes += BASE_PAGE_SIZE;
    }
    return SYS_ERR_OK;
}

static errval_t add_page(void)
{
    struct capref frame;
    errval_t err = make_tables();
    if (err_is_fail(err)) {
        return err;
    }
    err = frame_alloc(&frame, BASE_PAGE_SIZE, NULL);
    if (err_is_fail(err)) {
        return err;
    }
    err = map(LEVELS - 1, frame, VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        ram_free(frame);
        return err;
    }
    arena.next += BASE_PAGE_SIZE;
    arena.bytes += BASE_PAGE_SIZE;
    return SYS_ERR_OK;
}

size_t arena_bytes(void)
{
    return __atomic_load_n(&arena.bytes, __ATOMIC_RELAXED);
}

errval_t arena_alloc(size_t bytes, void **ret)
{
    errval_t err = SYS_ERR_OK;
    thread_mutex_lock(&arena.mutex);
    while (err_is_ok(err) && bytes > arena.limit - arena.handed_out) {
        if (arena.limit > ARENA_BASE) {
            err = LIB_ERR_PAGING_NO_SPACE;
        } else {
            begin();
        }
    }
    while (err_is_ok(err) && arena.next - arena.handed_out < bytes) {
        err = add_page();
    }
    if (err_is_ok(err)) {
        *ret = (void *)arena.handed_out;
        arena.handed_out += ROUND_UP(bytes, BASE_PAGE_SIZE);
    }
    thread_mutex_unlock(&arena.mutex);
    return err;
}
