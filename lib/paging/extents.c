/**
 * Memory that comes when it is touched.
 *
 * Everything that a page will need is taken when the extent is made: physical memory, slots, the page table.
 * So touching a page asks for nothing, and cannot fail for want of anything.
 */
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <paging/space.h>

#define SLOTS_A_PAGE 2

_Static_assert(sizeof(struct space_extent) <= PAGE_NODE_BYTES
                   && sizeof(struct space_backing) <= PAGE_NODE_BYTES
                   && sizeof(struct space_region) <= PAGE_NODE_BYTES,
               "every node has room");

/// Memory for as many of `pages` as can be had in one piece, and slots for them.
static errval_t take_memory(unsigned pages, struct space_backing *ret)
{
    errval_t err;
    do {
        err = ram_alloc_aligned(&ret->ram, pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
        ret->pages = pages;
        pages /= 2;
    } while (err_is_fail(err) && pages > 0);
    if (err_is_fail(err)) {
        return err;
    }
    err = slot_alloc_range(&ret->slots, SLOTS_A_PAGE * ret->pages);
    if (err_is_fail(err)) {
        ram_free(ret->ram);
    }
    ret->extents = 1;
    return err;
}

static void give_memory_back(const struct space_backing *backing)
{
    slot_free_range(backing->slots, SLOTS_A_PAGE * backing->pages);
    ram_free(backing->ram);
}

/// The first extent from `base` on, as far as there is memory in one piece.
static errval_t make_one(struct paging_state *st, lvaddr_t base, size_t bytes, uint32_t flags, size_t *done)
{
    struct space_operation operation;
    struct space_backing memory;
    size_t in_table = LARGE_PAGE_SIZE - base % LARGE_PAGE_SIZE;
    size_t most = EXTENT_PAGES * BASE_PAGE_SIZE;
    most = most < in_table ? most : in_table;
    most = most < bytes ? most : bytes;
    errval_t err = take_memory((unsigned)(most / BASE_PAGE_SIZE), &memory);
    if (err_is_fail(err)) {
        return err;
    }
    struct page_table *leaf;
    err = space_enter(st, &operation);
    if (err_is_ok(err)) {
        if (regions_overlap(&st->extents, base, memory.pages * BASE_PAGE_SIZE)) {
            err = LIB_ERR_PAGING_OVERLAP;
        } else {
            err = page_tables_hold(&st->tables, base, &leaf);
        }
        if (err_is_ok(err)) {
            struct space_backing *backing = stock_node();
            struct space_extent *extent = stock_node();
            *backing = memory;
            *extent = (struct space_extent){
                .region = {.base = base, .bytes = memory.pages * BASE_PAGE_SIZE},
                .backing = backing,
                .leaf = leaf,
                .flags = flags,
            };
            regions_add(&st->extents, &extent->region);
        }
        space_end(&operation);
    }
    if (err_is_fail(err)) {
        give_memory_back(&memory);
        return err;
    }
    *done += memory.pages * BASE_PAGE_SIZE;
    return SYS_ERR_OK;
}

errval_t extents_make(struct paging_state *st, lvaddr_t base, size_t bytes, uint32_t flags)
{
    size_t done = 0;
    while (done < bytes) {
        errval_t err = make_one(st, base + done, bytes - done, flags, &done);
        if (err_is_fail(err)) {
            extents_remove(st, base, done);
            return err;
        }
    }
    return SYS_ERR_OK;
}

static bool is_touched(const struct space_extent *extent, unsigned page)
{
    return extent->touched[page / 64] >> page % 64 & 1;
}

/// The slots of a page: its frame, and behind it its mapping.
static struct capref page_slot(const struct space_extent *extent, unsigned page, unsigned which)
{
    struct capref slot = extent->backing->slots;
    slot.slot += SLOTS_A_PAGE * (extent->first_page + page) + which;
    return slot;
}

errval_t extent_touch(struct space_extent *extent, lvaddr_t address, bool *mapped)
{
    unsigned page = (unsigned)((address - extent->region.base) / BASE_PAGE_SIZE);
    *mapped = false;
    if (is_touched(extent, page)) {
        return SYS_ERR_OK;
    }
    struct capref frame = page_slot(extent, page, 0);
    gensize_t offset = (gensize_t)(extent->first_page + page) * BASE_PAGE_SIZE;
    errval_t err = cap_retype(frame, extent->backing->ram, offset, ObjType_Frame, BASE_PAGE_SIZE, 1);
    if (err_is_fail(err)) {
        return err;
    }
    err = vnode_map(extent->leaf->cap, frame, address / BASE_PAGE_SIZE % PAGE_TABLE_ENTRIES, extent->flags, 0,
                    1, page_slot(extent, page, 1));
    if (err_is_fail(err)) {
        cap_delete(frame);
        return err;
    }
    extent->touched[page / 64] |= 1UL << page % 64;
    *mapped = true;
    return SYS_ERR_OK;
}

/// The pages from `page` on become an extent of their own. There is a node. Inside the section.
static void cut(struct paging_state *st, struct space_extent *extent, unsigned page)
{
    struct space_extent *rest = stock_node();
    *rest = *extent;
    regions_remove(&st->extents, &extent->region);
    rest->region.base += page * BASE_PAGE_SIZE;
    rest->region.bytes -= page * BASE_PAGE_SIZE;
    rest->first_page += page;
    extent->region.bytes = page * BASE_PAGE_SIZE;
    __uint128_t touched = ((__uint128_t)extent->touched[1] << 64 | extent->touched[0]);
    __uint128_t upper = touched >> page, lower = touched ^ upper << page;
    rest->touched[0] = (uint64_t)upper;
    rest->touched[1] = (uint64_t)(upper >> 64);
    extent->touched[0] = (uint64_t)lower;
    extent->touched[1] = (uint64_t)(lower >> 64);
    rest->leaf->users++;
    rest->backing->extents++;
    regions_add(&st->extents, &extent->region);
    regions_add(&st->extents, &rest->region);
}

/// Makes an address the border of two extents if it is inside one. There is a node. Inside the section.
static void cut_at(struct paging_state *st, lvaddr_t at)
{
    struct space_extent *extent = (struct space_extent *)regions_any(&st->extents, at, 1);
    if (extent && extent->region.base < at) {
        cut(st, extent, (unsigned)((at - extent->region.base) / BASE_PAGE_SIZE));
    }
}

/// An extent that has an address of the range, cut to lie wholly in it; or NULL. Inside the section.
static struct space_extent *cut_out(struct paging_state *st, lvaddr_t base, size_t bytes)
{
    cut_at(st, base);
    cut_at(st, base + bytes);
    return (struct space_extent *)regions_any(&st->extents, base, bytes);
}

/// Deletes the pages of an extent that nobody can find any more. Not in the section: it takes long.
static void delete_pages(const struct space_extent *extent)
{
    for (unsigned page = 0; page < extent->region.bytes / BASE_PAGE_SIZE; page++) {
        if (is_touched(extent, page)) {
            cap_delete(page_slot(extent, page, 0)); // and its mapping with it
        }
    }
}

/// Takes away one extent of the range. \return SYS_ERR_OK and whether there was one, or why it could not be
/// cut
static errval_t remove_one(struct paging_state *st, lvaddr_t base, size_t bytes, bool *found)
{
    struct space_operation operation;
    space_begin_free(&operation);
    struct space_extent *extent = (struct space_extent *)regions_any(&st->extents, base, bytes);
    *found = extent != NULL;
    bool whole =
        extent && extent->region.base >= base && extent->region.base + extent->region.bytes <= base + bytes;
    if (extent && !whole) {
        space_end(&operation);
        errval_t err = space_enter(st, &operation);
        if (err_is_fail(err)) {
            return err;
        }
        extent = cut_out(st, base, bytes);
    }
    if (extent) {
        regions_remove(&st->extents, &extent->region);
    }
    space_end(&operation);
    if (!extent) {
        return SYS_ERR_OK;
    }

    delete_pages(extent);
    space_begin_free(&operation);
    page_tables_release(&st->tables, extent->leaf);
    struct space_backing backing = *extent->backing;
    bool last = --extent->backing->extents == 0;
    if (last) {
        stock_node_free(extent->backing);
    }
    stock_node_free(extent);
    space_end(&operation);
    if (last) {
        give_memory_back(&backing);
    }
    return SYS_ERR_OK;
}

errval_t extents_remove(struct paging_state *st, lvaddr_t base, size_t bytes)
{
    bool found = bytes > 0;
    errval_t err = SYS_ERR_OK;
    while (found && err_is_ok(err)) {
        err = remove_one(st, base, bytes, &found);
    }
    return err;
}

/// Inside the section.
static errval_t protect_pages(struct space_extent *extent, uint32_t flags)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned page = 0; page < extent->region.bytes / BASE_PAGE_SIZE && err_is_ok(err); page++) {
        if (is_touched(extent, page)) {
            err = vnode_protect(extent->leaf->cap, page_slot(extent, page, 1), 0, 1, flags);
        }
    }
    if (err_is_ok(err)) {
        // As the kernel does: whether the memory is cached stays, of pages that are still to come, too.
        const uint32_t kept = VREGION_FLAGS_NOCACHE;
        extent->flags = (extent->flags & kept) | (flags & ~kept);
    }
    return err;
}

static bool all_in_extents(const struct paging_state *st, lvaddr_t at, lvaddr_t end)
{
    const struct region *extent;
    while (at < end && (extent = regions_any(&st->extents, at, 1))) {
        at = extent->base + extent->bytes;
    }
    return at >= end;
}

errval_t extents_protect(struct paging_state *st, lvaddr_t base, size_t bytes, uint32_t flags)
{
    struct space_operation operation;
    const lvaddr_t end = base + bytes;
    if (!space_flags_are_sane(flags)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    errval_t err = space_enter(st, &operation);
    if (err_is_fail(err)) {
        return err;
    }
    if (all_in_extents(st, base, end)) {
        cut_at(st, base);
        cut_at(st, end);
    } else {
        err = LIB_ERR_PAGING_NOT_MAPPED;
    }
    space_end(&operation);
    for (lvaddr_t at = base; at < end && err_is_ok(err);) {
        space_begin_free(&operation);
        struct space_extent *extent = (struct space_extent *)regions_any(&st->extents, at, 1);
        err = extent ? protect_pages(extent, flags) : LIB_ERR_PAGING_NOT_MAPPED;
        at = extent ? extent->region.base + extent->region.bytes : end;
        space_end(&operation);
    }
    return err;
}
