#include <aos/capabilities.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <mm/lock.h>
#include <paging/regions.h>
#include <paging/tables.h>
#include <stdlib.h>

/// A mapped range of addresses.
struct paging_region {
    struct region region; ///< First, so that one is the other.
    size_t piece_count;
    struct page_piece pieces[];
};

struct paging_state {
    struct page_tables tables;
    struct regions regions;
    bool initialised;
};

static struct paging_state current;

static errval_t own_table(void *context, enum objtype type, struct capref *ret)
{
    (void)context;
    errval_t err = slot_alloc(ret);
    if (err_is_fail(err)) {
        return err;
    }
    err = ram_alloc_object(*ret, type, BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        slot_free(*ret);
    }
    return err;
}

static errval_t own_slot(void *context, struct capref *ret)
{
    (void)context;
    return slot_alloc(ret);
}

static void own_table_free(void *context, struct capref table)
{
    (void)context;
    ram_free(table);
}

static void own_slot_free(void *context, struct capref slot)
{
    (void)context;
    slot_free(slot);
}

struct paging_state *get_current_paging_state(void)
{
    static const struct vnode_source own = {
        .make_table = own_table,
        .make_slot = own_slot,
        .free_table = own_table_free,
        .free_slot = own_slot_free,
    };
    memory_lock();
    if (!current.initialised) {
        page_tables_init(&current.tables, cap_vroot, &own, NULL);
        current.initialised = true;
    }
    memory_unlock();
    return &current;
}

/// paging_map_fixed_attr_offset() with the memory lock held.
static errval_t map_fixed(struct paging_state *st, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                          size_t bytes, int flags)
{
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (bytes == 0 || vaddr % BASE_PAGE_SIZE || offset % BASE_PAGE_SIZE || vaddr < USER_OWN_BASE
        || vaddr >= USER_LIMIT || bytes > USER_LIMIT - vaddr) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_PAGING_MAP);
    }
    if (regions_overlap(&st->regions, vaddr, bytes)) {
        return err_push(LIB_ERR_PAGING_OVERLAP, LIB_ERR_PAGING_MAP);
    }
    size_t room = page_tables_max_pieces(bytes);
    struct paging_region *region = malloc(sizeof(*region) + room * sizeof(struct page_piece));
    if (!region) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_PAGING_MAP);
    }
    errval_t err = page_tables_map(&st->tables, vaddr, frame, offset, bytes, (uint64_t)flags, region->pieces,
                                   &region->piece_count);
    if (err_is_fail(err)) {
        free(region);
        return err_push(err, LIB_ERR_PAGING_MAP);
    }
    region->region.base = vaddr;
    region->region.bytes = bytes;
    regions_add(&st->regions, &region->region);
    return SYS_ERR_OK;
}

errval_t paging_map_fixed_attr_offset(struct paging_state *st, lvaddr_t vaddr, struct capref frame,
                                      gensize_t offset, size_t bytes, int flags)
{
    memory_lock();
    errval_t err = map_fixed(st, vaddr, frame, offset, bytes, flags);
    memory_unlock();
    return err;
}

errval_t paging_map_fixed_attr(struct paging_state *st, lvaddr_t vaddr, struct capref frame, size_t bytes,
                               int flags)
{
    return paging_map_fixed_attr_offset(st, vaddr, frame, 0, bytes, flags);
}

/// paging_map_frame_attr() with the memory lock held.
static errval_t map_anywhere(struct paging_state *st, void **buf, size_t bytes, struct capref frame,
                             int flags)
{
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    lvaddr_t alignment = bytes >= LARGE_PAGE_SIZE ? LARGE_PAGE_SIZE : BASE_PAGE_SIZE;
    lvaddr_t vaddr =
        regions_find_room(&st->regions, bytes, alignment, BASE_PAGE_SIZE, USER_OWN_BASE, USER_LIMIT);
    if (vaddr == 0) {
        return err_push(LIB_ERR_PAGING_NO_SPACE, LIB_ERR_PAGING_MAP);
    }
    errval_t err = map_fixed(st, vaddr, frame, 0, bytes, flags);
    if (err_is_ok(err)) {
        *buf = (void *)vaddr;
    }
    return err;
}

errval_t paging_map_frame_attr(struct paging_state *st, void **buf, size_t bytes, struct capref frame,
                               int flags)
{
    memory_lock();
    errval_t err = map_anywhere(st, buf, bytes, frame, flags);
    memory_unlock();
    return err;
}

errval_t paging_unmap(struct paging_state *st, const void *address)
{
    memory_lock();
    struct paging_region *region = (struct paging_region *)regions_find(&st->regions, (lvaddr_t)address);
    if (region) {
        regions_remove(&st->regions, &region->region);
        page_tables_unmap(&st->tables, region->pieces, region->piece_count);
        free(region);
    }
    memory_unlock();
    return region ? SYS_ERR_OK : SYS_ERR_INVALID_ARGUMENT;
}
