#include <aos/capabilities.h>
#include <paging/space.h>

static struct paging_state current;

struct paging_state *get_current_paging_state(void)
{
    return &current;
}

errval_t space_enter(struct paging_state *st, struct space_operation *operation)
{
    errval_t err = space_begin(operation);
    if (err_is_ok(err) && !st->initialised) {
        err = page_tables_init(&st->tables, cap_vroot, &stock_supply, NULL);
        st->initialised = err_is_ok(err);
        if (err_is_fail(err)) {
            space_end(operation);
        }
    }
    return err;
}

struct space_region *space_region_of(struct paging_state *st, lvaddr_t base, size_t bytes)
{
    struct region *region = regions_any(&st->regions, base, 1);
    return region && bytes <= region->bytes - (base - region->base) ? (struct space_region *)region : NULL;
}

struct space_region *space_add_region(struct paging_state *st, lvaddr_t base, size_t bytes,
                                      enum space_kind kind, uint32_t flags)
{
    struct space_region *region = stock_node();
    region->region.base = base;
    region->region.bytes = bytes;
    region->kind = kind;
    region->busy = false;
    region->flags = flags;
    regions_add(&st->regions, &region->region);
    return region;
}

void space_remove_region(struct paging_state *st, struct space_region *region)
{
    regions_remove(&st->regions, &region->region);
    stock_node_free(region);
}

errval_t space_find(struct paging_state *st, size_t bytes, size_t alignment, lvaddr_t *base)
{
    if (bytes == 0 || bytes % BASE_PAGE_SIZE || bytes > SPACE_LIMIT - SPACE_BASE || *base % BASE_PAGE_SIZE) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (*base != 0) {
        if (*base < SPACE_BASE || *base >= SPACE_LIMIT || bytes > SPACE_LIMIT - *base) {
            return SYS_ERR_INVALID_ARGUMENT;
        }
        return regions_overlap(&st->regions, *base, bytes) ? LIB_ERR_PAGING_OVERLAP : SYS_ERR_OK;
    }
    *base = regions_find_room(&st->regions, bytes, alignment, BASE_PAGE_SIZE, SPACE_BASE, SPACE_LIMIT);
    return *base ? SYS_ERR_OK : LIB_ERR_PAGING_NO_SPACE;
}
