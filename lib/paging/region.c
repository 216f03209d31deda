/**
 * Ranges of addresses whose memory the library supplies: in the parts that were asked for, and in stacks
 * where they are touched.
 */
#include <paging/fault.h>
#include <paging/space.h>

/// How much a region that grows gets at once.
#define GROWTH_BYTES (4 * BASE_PAGE_SIZE)

static errval_t reserve(struct paging_state *st, lvaddr_t *base, size_t bytes, size_t alignment,
                        enum space_kind kind, int flags)
{
    struct space_operation operation;
    if (!space_flags_are_sane((uint32_t)flags) || alignment == 0 || alignment & (alignment - 1)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    errval_t err = space_enter(st, &operation);
    if (err_is_ok(err)) {
        err = space_find(st, bytes, alignment < BASE_PAGE_SIZE ? BASE_PAGE_SIZE : alignment, base);
        if (err_is_ok(err)) {
            space_add_region(st, *base, bytes, kind, (uint32_t)flags);
        }
        space_end(&operation);
    }
    return err;
}

static errval_t region_init(struct paging_state *st, struct paging_region *pr, lvaddr_t base, size_t size,
                            size_t alignment, int flags)
{
    size = ROUND_UP(size, BASE_PAGE_SIZE);
    errval_t err = reserve(st, &base, size, alignment, SPACE_RESERVED, flags);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_PAGING_MAP);
    }
    *pr = (struct paging_region){
        .st = st,
        .base_addr = base,
        .current_addr = base,
        .region_size = size,
        .flags = flags,
    };
    return SYS_ERR_OK;
}

errval_t paging_region_init(struct paging_state *st, struct paging_region *pr, size_t size, int flags)
{
    return region_init(st, pr, 0, size, BASE_PAGE_SIZE, flags);
}

errval_t paging_region_init_aligned(struct paging_state *st, struct paging_region *pr, size_t size,
                                    size_t alignment, int flags)
{
    return region_init(st, pr, 0, size, alignment, flags);
}

errval_t paging_region_init_fixed(struct paging_state *st, struct paging_region *pr, lvaddr_t base,
                                  size_t size, int flags)
{
    if (base == 0) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_PAGING_MAP);
    }
    return region_init(st, pr, base, size, BASE_PAGE_SIZE, flags);
}

errval_t paging_region_map(struct paging_region *pr, size_t req_size, void **retbuf, size_t *ret_size)
{
    size_t bytes = ROUND_UP(req_size, BASE_PAGE_SIZE);
    if (bytes < req_size || bytes == 0) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_PAGING_MAP);
    }
    if (bytes > pr->base_addr + pr->region_size - pr->current_addr) {
        return err_push(LIB_ERR_PAGING_REGION_FULL, LIB_ERR_PAGING_MAP);
    }
    errval_t err = extents_make(pr->st, pr->current_addr, bytes, (uint32_t)pr->flags);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_PAGING_MAP);
    }
    *retbuf = (void *)pr->current_addr;
    pr->current_addr += bytes;
    if (ret_size) {
        *ret_size = bytes;
    }
    return SYS_ERR_OK;
}

errval_t paging_region_unmap(struct paging_region *pr, lvaddr_t base, size_t bytes)
{
    if (base % BASE_PAGE_SIZE || bytes % BASE_PAGE_SIZE || base < pr->base_addr
        || base - pr->base_addr > pr->region_size || bytes > pr->region_size - (base - pr->base_addr)) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_PAGING_UNMAP);
    }
    errval_t err = extents_remove(pr->st, base, bytes);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_PAGING_UNMAP);
    }
    if (base < pr->current_addr && base + bytes >= pr->current_addr) {
        pr->current_addr = base;
    }
    return SYS_ERR_OK;
}

static void unreserve(struct paging_state *st, lvaddr_t base, size_t bytes)
{
    struct space_operation operation;
    extents_remove(st, base, bytes); // Nothing is cut, so nothing can be wanting.
    space_begin_free(&operation);
    struct space_region *region = (struct space_region *)regions_find(&st->regions, base);
    if (region && region->kind != SPACE_MAPPED) {
        space_remove_region(st, region);
    }
    space_end(&operation);
}

void paging_region_destroy(struct paging_region *pr)
{
    if (pr->st) {
        unreserve(pr->st, pr->base_addr, pr->region_size);
        *pr = (struct paging_region){0};
    }
}

errval_t paging_stack_create(struct paging_state *st, size_t limit_bytes, lvaddr_t *base)
{
    *base = 0;
    errval_t err = reserve(st, base, limit_bytes, BASE_PAGE_SIZE, SPACE_GROWS, VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        return err;
    }
    size_t first = limit_bytes < GROWTH_BYTES ? limit_bytes : GROWTH_BYTES;
    err = extents_make(st, *base + limit_bytes - first, first, VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        paging_stack_destroy(st, *base);
    }
    return err;
}

void paging_stack_trim(struct paging_state *st, lvaddr_t base, lvaddr_t top)
{
    if (top - base > GROWTH_BYTES) {
        // Nothing is cut: stacks grow by multiples of this, counted from their top.
        extents_remove(st, base, top - GROWTH_BYTES - base);
    }
}

void paging_stack_destroy(struct paging_state *st, lvaddr_t base)
{
    struct space_operation operation;
    space_begin_free(&operation);
    struct region *region = regions_find(&st->regions, base);
    size_t bytes = region ? region->bytes : 0;
    space_end(&operation);
    unreserve(st, base, bytes);
}

/// Gives a region that grows what is missing around an address.
static errval_t grow(struct paging_state *st, const struct region *region, lvaddr_t address)
{
    lvaddr_t top = region->base + region->bytes;
    lvaddr_t end = top - ROUND_DOWN(top - 1 - address, GROWTH_BYTES);
    lvaddr_t begin = end - region->base > GROWTH_BYTES ? end - GROWTH_BYTES : region->base;
    errval_t err = extents_make(st, begin, end - begin, VREGION_FLAGS_READ_WRITE);
    // Another thread that touched the same part of the stack was first.
    return err == LIB_ERR_PAGING_OVERLAP ? SYS_ERR_OK : err;
}

static bool allows(uint32_t flags, unsigned kind)
{
    static const uint32_t needed[] = {
        [FAULT_READ] = VREGION_FLAGS_READ,
        [FAULT_WRITE] = VREGION_FLAGS_WRITE,
        [FAULT_EXECUTE] = VREGION_FLAGS_EXECUTE,
    };
    return kind < ARRAY_LENGTH(needed) && flags & needed[kind];
}

/// What is to be done about a fault: nothing more, or `grow` is set to a region that must grow first. Inside
/// the section.
static errval_t look(struct paging_state *st, unsigned kind, lvaddr_t address, bool *mapped,
                     struct region *grows)
{
    struct space_extent *extent = (struct space_extent *)regions_any(&st->extents, address, 1);
    if (extent) {
        return allows(extent->flags, kind) ? extent_touch(extent, address, mapped)
                                           : LIB_ERR_PAGING_NOT_MAPPED;
    }
    struct space_region *region = (struct space_region *)regions_any(&st->regions, address, 1);
    if (region && region->kind == SPACE_GROWS && allows(region->flags, kind)) {
        *grows = region->region;
        return SYS_ERR_OK;
    }
    // A mapping that another thread had just cut in two, or made: it is there now. Unless its frame was
    // deleted.
    struct page_piece *piece = page_tables_first_piece(&st->tables, address, address + 1);
    return piece && allows(piece->flags, kind) && page_piece_stands(piece) ? SYS_ERR_OK
                                                                           : LIB_ERR_PAGING_NOT_MAPPED;
}

errval_t paging_handle_fault(struct paging_state *st, unsigned kind, lvaddr_t address, bool *mapped)
{
    struct space_operation operation;
    struct region grows;
    *mapped = false;
    if (address < SPACE_BASE || address >= SPACE_LIMIT || !st->initialised) {
        return LIB_ERR_PAGING_NOT_MAPPED;
    }
    for (;;) {
        grows.bytes = 0;
        space_begin_free(&operation);
        errval_t err = look(st, kind, address, mapped, &grows);
        space_end(&operation);
        if (err_is_fail(err) || grows.bytes == 0) {
            return err;
        }
        err = grow(st, &grows, address);
        if (err_is_fail(err)) {
            return err;
        }
    }
}
