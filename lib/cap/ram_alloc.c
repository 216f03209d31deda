#include <abi/bootinfo.h>
#include <aos/capabilities.h>
#include <aos/mm.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/cspace.h>
#include <cap/ram.h>
#include <heap/heap.h>
#include <paging/arena.h>
#include <paging/stock.h>
#include <section/section.h>

/*
 * Operations that refills take at most: RAM's own a page for nodes (2, with a page table), the slots' a
 * CNode, a larger root and three pages to keep track of them (6); and the address space's six page tables and
 * four pages for nodes (11).
 */
#define BASE    8
#define RESERVE (BASE + 11)

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

/// Used inside the section.
static struct mm memory;
static char first_nodes[MM_BUFFER_BYTES] __attribute__((aligned(16)));

static bool nodes_ready(enum section_need need)
{
    static const size_t operations[] = {
        [SECTION_NEED_ONE] = 1,
        [SECTION_NEED_BASE] = BASE,
        [SECTION_NEED_RESERVE] = RESERVE + 1,
    };
    return slab_freecount(&memory.ranges.nodes)
           >= operations[need] * ranges_nodes_an_operation(&memory.ranges);
}

static errval_t refill_nodes(void)
{
    struct section_visit visit;
    bool enough;
    do {
        void *page;
        errval_t err = arena_alloc(BASE_PAGE_SIZE, &page);
        if (err_is_fail(err)) {
            return err;
        }
        section_enter_to_free(&ram_section, &visit);
        slab_grow(&memory.ranges.nodes, page, BASE_PAGE_SIZE);
        enough = nodes_ready(SECTION_NEED_RESERVE);
        section_leave(&ram_section, &visit);
    } while (!enough);
    return SYS_ERR_OK;
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
    gensize_t bytes = mm_free_bytes(&memory);
    section_leave(&ram_section, &visit);
    return bytes;
}

gensize_t ram_alloc_kept_bytes(void)
{
    return arena_bytes() + slot_alloc_bytes() + stock_bytes() + heap_bytes();
}

errval_t ram_take(gensize_t bytes, gensize_t alignment, genpaddr_t *base)
{
    struct section_visit visit;
    errval_t err = section_enter(&ram_section, &visit);
    if (err_is_fail(err)) {
        return err;
    }
    err = ranges_alloc(&memory.ranges, bytes, alignment, base);
    section_leave(&ram_section, &visit);
    return err;
}

errval_t ram_make(struct capref dest, enum objtype type, genpaddr_t base, gensize_t bytes)
{
    bool in_root = get_cap_level(dest) == CNODE_TYPE_ROOT && get_croot_addr(dest) == TASKCN_SLOT_ROOTCN;
    if (in_root) {
        cspace_lock();
    }
    errval_t err = mm_make_object(&memory, dest, type, base, bytes);
    if (in_root) {
        cspace_unlock();
    }
    return err;
}

errval_t ram_give_back(genpaddr_t base, gensize_t bytes)
{
    struct section_visit visit;
    section_enter_to_free(&ram_section, &visit);
    errval_t err = mm_free_region(&memory, base, bytes);
    section_leave(&ram_section, &visit);
    return err;
}

errval_t ram_free_region(genpaddr_t base, gensize_t bytes)
{
    return ram_give_back(base, bytes);
}

/// The error of an allocation as callers of ram_alloc know it.
static errval_t ram_alloc_error(errval_t err)
{
    if (err_no(err) == MM_ERR_OUT_OF_MEMORY) {
        err = err_push(err, LIB_ERR_RAM_ALLOC_EXHAUSTED);
    } else if (err_no(err) == MM_ERR_ARGUMENT) {
        err = err_push(err, SYS_ERR_INVALID_ARGUMENT);
    }
    return err_is_fail(err) ? err_push(err, LIB_ERR_RAM_ALLOC) : SYS_ERR_OK;
}

/**
 * The object is made outside of the section: clearing its memory may take long, and nobody else can have the
 * range. If somebody still has a capability of what was freed, that memory is passed over, and counts as
 * allocated until it is freed again.
 */
static errval_t alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    gensize_t taken = ROUND_UP(bytes, BASE_PAGE_SIZE);
    errval_t err;
    do {
        genpaddr_t base;
        err = ram_take(taken, alignment, &base);
        if (err_is_fail(err)) {
            return err;
        }
        err = ram_make(dest, type, base, taken);
        if (err_is_fail(err) && err_no(err_pop(err)) != SYS_ERR_REVOKE_FIRST) {
            ram_give_back(base, taken);
            return err;
        }
    } while (err_is_fail(err));
    return SYS_ERR_OK;
}

errval_t ram_alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    return ram_alloc_error(alloc_object(dest, type, bytes, alignment));
}

errval_t ram_alloc_aligned(struct capref *ret, size_t bytes, size_t alignment)
{
    struct capref cap;
    errval_t err = slot_alloc(&cap);
    if (err_is_fail(err)) {
        return ram_alloc_error(err);
    }
    err = alloc_object(cap, memory.objtype, bytes, alignment);
    if (err_is_fail(err)) {
        slot_free(cap);
        return ram_alloc_error(err);
    }
    *ret = cap;
    return SYS_ERR_OK;
}

errval_t ram_alloc(struct capref *ret, size_t bytes)
{
    return ram_alloc_aligned(ret, bytes, BASE_PAGE_SIZE);
}

errval_t frame_alloc(struct capref *ret, size_t bytes, size_t *retbytes)
{
    errval_t err = slot_alloc(ret);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_FRAME_ALLOC);
    }
    err = ram_alloc_object(*ret, ObjType_Frame, bytes, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        slot_free(*ret);
        return err_push(err, LIB_ERR_FRAME_ALLOC);
    }
    if (retbytes) {
        *retbytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    }
    return SYS_ERR_OK;
}

/**
 * What is freed is looked at first, then deleted, then given back, and only the deleting is one step for the
 * kernel: of two threads that free the same capability one finds nothing to delete.
 */
errval_t ram_free(struct capref cap)
{
    struct capability_info info;
    struct section_visit visit;
    bool has_descendants;
    errval_t err = cap_identify_family(cap, &info, &has_descendants);
    if (err_is_fail(err)) {
        return err;
    }
    if (has_descendants) {
        return MM_ERR_DESCENDANTS;
    }
    gensize_t bytes = ROUND_UP(info.bytes, BASE_PAGE_SIZE);
    section_enter_to_free(&ram_section, &visit);
    err = ranges_check_free(&memory.ranges, info.base, bytes);
    section_leave(&ram_section, &visit);
    if (err_is_ok(err)) {
        err = cap_destroy(cap);
    }
    return err_is_ok(err) ? ram_give_back(info.base, bytes) : err;
}
