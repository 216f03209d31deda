#include <aos/capabilities.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>
#include <paging/tables.h>
#include <stdlib.h>

/// A mapped range of addresses. Sorted by address.
struct paging_region {
    struct paging_region *next;
    lvaddr_t base;
    size_t bytes;
    size_t piece_count;
    struct page_piece pieces[];
};

struct paging_state {
    struct thread_mutex
        mutex; ///< For all below. Taken before those of the heap, the slots and the RAM allocator.
    struct page_tables tables;
    struct paging_region *regions;
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
    if (!current.initialised) {
        thread_mutex_lock(&current.mutex);
        if (!current.initialised) {
            page_tables_init(&current.tables, cap_vroot, &own, NULL);
            current.initialised = true;
        }
        thread_mutex_unlock(&current.mutex);
    }
    return &current;
}

/// Where the region that begins at or after `vaddr` hangs in the list.
static struct paging_region **region_link(struct paging_state *st, lvaddr_t vaddr)
{
    struct paging_region **link = &st->regions;
    while (*link && (*link)->base < vaddr) {
        link = &(*link)->next;
    }
    return link;
}

static bool range_is_free(const struct paging_state *st, lvaddr_t vaddr, size_t bytes)
{
    for (const struct paging_region *region = st->regions; region; region = region->next) {
        if (region->base < vaddr + bytes && vaddr < region->base + region->bytes) {
            return false;
        }
    }
    return true;
}

/// paging_map_fixed_attr_offset() with the mutex held.
static errval_t map_fixed(struct paging_state *st, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                          size_t bytes, int flags)
{
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (bytes == 0 || vaddr % BASE_PAGE_SIZE || offset % BASE_PAGE_SIZE || vaddr < USER_OWN_BASE
        || vaddr >= USER_LIMIT || bytes > USER_LIMIT - vaddr) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_PAGING_MAP);
    }
    if (!range_is_free(st, vaddr, bytes)) {
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
    struct paging_region **link = region_link(st, vaddr);
    region->base = vaddr;
    region->bytes = bytes;
    region->next = *link;
    *link = region;
    return SYS_ERR_OK;
}

errval_t paging_map_fixed_attr_offset(struct paging_state *st, lvaddr_t vaddr, struct capref frame,
                                      gensize_t offset, size_t bytes, int flags)
{
    thread_mutex_lock(&st->mutex);
    errval_t err = map_fixed(st, vaddr, frame, offset, bytes, flags);
    thread_mutex_unlock(&st->mutex);
    return err;
}

errval_t paging_map_fixed_attr(struct paging_state *st, lvaddr_t vaddr, struct capref frame, size_t bytes,
                               int flags)
{
    return paging_map_fixed_attr_offset(st, vaddr, frame, 0, bytes, flags);
}

/// paging_map_frame_attr() with the mutex held.
static errval_t map_anywhere(struct paging_state *st, void **buf, size_t bytes, struct capref frame,
                             int flags)
{
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    lvaddr_t alignment = bytes >= LARGE_PAGE_SIZE ? LARGE_PAGE_SIZE : BASE_PAGE_SIZE;
    lvaddr_t vaddr = ROUND_UP(USER_OWN_BASE + BASE_PAGE_SIZE, alignment);
    for (const struct paging_region *region = st->regions; region; region = region->next) {
        if (vaddr + bytes + BASE_PAGE_SIZE <= region->base) {
            break;
        }
        lvaddr_t behind = ROUND_UP(region->base + region->bytes + BASE_PAGE_SIZE, alignment);
        vaddr = behind > vaddr ? behind : vaddr;
    }
    if (vaddr >= USER_LIMIT || bytes > USER_LIMIT - vaddr) {
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
    thread_mutex_lock(&st->mutex);
    errval_t err = map_anywhere(st, buf, bytes, frame, flags);
    thread_mutex_unlock(&st->mutex);
    return err;
}

errval_t paging_unmap(struct paging_state *st, const void *address)
{
    thread_mutex_lock(&st->mutex);
    struct paging_region **link = region_link(st, (lvaddr_t)address);
    struct paging_region *region = *link;
    bool mapped = region && region->base == (lvaddr_t)address;
    if (mapped) {
        *link = region->next;
        page_tables_unmap(&st->tables, region->pieces, region->piece_count);
        free(region);
    }
    thread_mutex_unlock(&st->mutex);
    return mapped ? SYS_ERR_OK : SYS_ERR_INVALID_ARGUMENT;
}
