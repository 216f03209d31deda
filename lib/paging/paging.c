/**
 * Mapping frames, taking the mappings away again, and protecting them. Each step maps or unmaps what one
 * command of the kernel can, and is an operation of its own on the address space: a long mapping lets others
 * in between. Meanwhile its region is busy, so that nobody takes it apart.
 */
#include <aos/capabilities.h>
#include <paging/space.h>

/// A mapping that is being made.
struct request {
    lvaddr_t vaddr; ///< 0: wherever there is room.
    struct capref frame;
    gensize_t offset;
    genpaddr_t physical; ///< Of the first byte, or 0 if only small pages will do anyway.
    size_t bytes;
    uint32_t flags;
};

/// Finds addresses that allow pages as large as the memory does. Inside the section.
static errval_t find_addresses(struct paging_state *st, struct request *request)
{
    if (request->vaddr != 0) {
        return space_find(st, request->bytes, BASE_PAGE_SIZE, &request->vaddr);
    }
    size_t alignment = BASE_PAGE_SIZE;
    if (request->bytes >= LARGE_PAGE_SIZE) {
        alignment = request->bytes >= HUGE_PAGE_SIZE ? HUGE_PAGE_SIZE : LARGE_PAGE_SIZE;
    }
    size_t skipped = request->physical & (alignment - 1);
    errval_t err = space_find(st, request->bytes + skipped, alignment, &request->vaddr);
    request->vaddr += skipped;
    return err;
}

/// One step. The first makes the region; the last one, which may be the same, says that it is done.
static errval_t map_step(struct paging_state *st, struct request *request, struct space_region **region,
                         size_t *done)
{
    struct space_operation operation;
    errval_t err = space_enter(st, &operation);
    if (err_is_fail(err)) {
        return err;
    }
    if (!*region) {
        err = find_addresses(st, request);
    }
    if (err_is_ok(err)) {
        lvaddr_t at = request->vaddr + *done;
        genpaddr_t physical = request->physical ? request->physical + *done : at;
        struct page_chunk chunk = page_chunk_first(at, physical, request->bytes - *done);
        err =
            page_tables_map(&st->tables, at, &chunk, request->frame, request->offset + *done, request->flags);
        if (err_is_ok(err)) {
            *done += chunk.bytes;
            if (!*region) {
                *region = space_add_region(st, request->vaddr, request->bytes, SPACE_MAPPED, request->flags);
            }
            (*region)->busy = *done < request->bytes;
        }
    }
    space_end(&operation);
    return err;
}

/// Takes the first piece that lies wholly in the range away; with the last one the region, if one is given.
/// \return false if there was none
static bool unmap_step(struct paging_state *st, lvaddr_t base, lvaddr_t end, struct space_region *region)
{
    struct space_operation operation;
    space_begin_free(&operation);
    struct page_piece *piece = page_tables_first_piece(&st->tables, base, end);
    if (piece) {
        page_piece_unmap(&st->tables, piece);
        piece = page_tables_first_piece(&st->tables, base, end);
    }
    if (!piece && region) {
        space_remove_region(st, region);
    }
    space_end(&operation);
    return piece != NULL;
}

static void unmap_all(struct paging_state *st, lvaddr_t base, size_t bytes, struct space_region *region)
{
    while (unmap_step(st, base, base + bytes, region)) {
    }
}

static errval_t map(struct paging_state *st, struct request *request)
{
    struct space_region *region = NULL;
    request->bytes = ROUND_UP(request->bytes, BASE_PAGE_SIZE);
    if (request->bytes >= LARGE_PAGE_SIZE) {
        struct capability_info info;
        errval_t err = cap_identify(request->frame, &info);
        if (err_is_fail(err)) {
            return err_push(err, LIB_ERR_PAGING_MAP);
        }
        request->physical = info.base + request->offset;
    }
    errval_t err = SYS_ERR_OK;
    for (size_t done = 0; err_is_ok(err) && (done < request->bytes || !region);) {
        err = map_step(st, request, &region, &done);
    }
    if (err_is_ok(err)) {
        return SYS_ERR_OK;
    }
    if (region) {
        unmap_all(st, request->vaddr, request->bytes, region);
    }
    return err_push(err, LIB_ERR_PAGING_MAP);
}

errval_t paging_map_fixed_attr_offset(struct paging_state *st, lvaddr_t vaddr, struct capref frame,
                                      gensize_t offset, size_t bytes, int flags)
{
    struct request request = {
        .vaddr = vaddr,
        .frame = frame,
        .offset = offset,
        .bytes = bytes,
        .flags = (uint32_t)flags,
    };
    if (vaddr == 0 || offset % BASE_PAGE_SIZE) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_PAGING_MAP);
    }
    return map(st, &request);
}

errval_t paging_map_fixed_attr(struct paging_state *st, lvaddr_t vaddr, struct capref frame, size_t bytes,
                               int flags)
{
    return paging_map_fixed_attr_offset(st, vaddr, frame, 0, bytes, flags);
}

errval_t paging_map_frame_attr(struct paging_state *st, void **buf, size_t bytes, struct capref frame,
                               int flags)
{
    struct request request = {.frame = frame, .bytes = bytes, .flags = (uint32_t)flags};
    errval_t err = map(st, &request);
    if (err_is_ok(err)) {
        *buf = (void *)request.vaddr;
    }
    return err;
}

/**
 * Finds the region of a range in which frames are mapped, and makes it busy. Inside the section.
 *
 * \return NULL if there is none, or somebody is at work on it
 */
static struct space_region *claim(struct paging_state *st, lvaddr_t base, size_t bytes)
{
    struct space_region *region = space_region_of(st, base, bytes);
    if (!region || region->kind != SPACE_MAPPED || region->busy) {
        return NULL;
    }
    region->busy = true;
    return region;
}

errval_t paging_unmap(struct paging_state *st, const void *address)
{
    struct space_operation operation;
    lvaddr_t base = (lvaddr_t)address;
    space_begin_free(&operation);
    struct space_region *region = (struct space_region *)regions_find(&st->regions, base);
    region = region ? claim(st, base, region->region.bytes) : NULL;
    size_t bytes = region ? region->region.bytes : 0;
    if (region) {
        // The usual mapping is one piece, and gone with this.
        struct page_piece *piece = page_tables_first_piece(&st->tables, base, base + bytes);
        if (piece && page_piece_bytes(piece) == bytes) {
            page_piece_unmap(&st->tables, piece);
            space_remove_region(st, region);
            bytes = 0;
        }
    }
    space_end(&operation);
    if (bytes > 0) {
        unmap_all(st, base, bytes, region);
    }
    return region ? SYS_ERR_OK : err_push(LIB_ERR_PAGING_NOT_MAPPED, LIB_ERR_PAGING_UNMAP);
}

/// One step towards a border of pieces at an address. Inside the section. \return SYS_ERR_OK, and whether it
/// is there
static errval_t split_step(struct paging_state *st, lvaddr_t at, bool *there)
{
    struct page_piece *piece = page_tables_first_piece(&st->tables, at, at + 1);
    *there = !piece || page_piece_base(piece) == at;
    if (*there) {
        return SYS_ERR_OK;
    }
    size_t page = page_piece_bytes(piece) / piece->item.count;
    lvaddr_t large = ROUND_DOWN(at, page);
    if (large > page_piece_base(piece)) {
        return page_piece_split(&st->tables, piece, large);
    }
    if (piece->item.count > 1) {
        return page_piece_split(&st->tables, piece, large + page);
    }
    return page_piece_divide(&st->tables, piece);
}

/// Makes the range one of whole pieces.
static errval_t split_at(struct paging_state *st, lvaddr_t at)
{
    bool there = false;
    errval_t err = SYS_ERR_OK;
    while (!there && err_is_ok(err)) {
        struct space_operation operation;
        err = space_enter(st, &operation);
        if (err_is_ok(err)) {
            err = split_step(st, at, &there);
            space_end(&operation);
        }
    }
    return err;
}

/// Takes a range out of a region, of which nothing, one part or two are left. Inside the section; there is a
/// node.
static void shrink_region(struct paging_state *st, struct space_region *region, lvaddr_t base, size_t bytes)
{
    lvaddr_t begin = region->region.base, end = begin + region->region.bytes;
    uint32_t flags = region->flags;
    space_remove_region(st, region);
    if (begin < base) {
        space_add_region(st, begin, base - begin, SPACE_MAPPED, flags);
    }
    if (end > base + bytes) {
        space_add_region(st, base + bytes, end - base - bytes, SPACE_MAPPED, flags);
    }
}

/// Claims the region of a range, and makes the range one of whole pieces.
static errval_t claim_pieces(struct paging_state *st, lvaddr_t base, size_t bytes, struct space_region **ret)
{
    struct space_operation operation;
    if (base % BASE_PAGE_SIZE || bytes % BASE_PAGE_SIZE || bytes == 0 || bytes > SPACE_LIMIT) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    space_begin_free(&operation);
    struct space_region *region = claim(st, base, bytes);
    space_end(&operation);
    if (!region) {
        return LIB_ERR_PAGING_NOT_MAPPED;
    }
    errval_t err = split_at(st, base);
    if (err_is_ok(err)) {
        err = split_at(st, base + bytes);
    }
    if (err_is_fail(err)) {
        region->busy = false;
    }
    *ret = region;
    return err;
}

errval_t paging_unmap_range(struct paging_state *st, const void *address, size_t bytes)
{
    struct space_operation operation;
    struct space_region *region;
    lvaddr_t base = (lvaddr_t)address;
    errval_t err = claim_pieces(st, base, bytes, &region);
    if (err_is_ok(err)) {
        err = space_enter(st, &operation);
        if (err_is_ok(err)) {
            // Nobody may use the addresses before everything is gone from them.
            shrink_region(st, region, base, bytes);
            region = space_add_region(st, base, bytes, SPACE_MAPPED, 0);
            region->busy = true;
            space_end(&operation);
            unmap_all(st, base, bytes, region);
            return SYS_ERR_OK;
        }
        region->busy = false;
    }
    return err_push(err, LIB_ERR_PAGING_UNMAP);
}

/// Protects the pieces of a claimed range. All are of one frame, with the same rights: the first to fail is
/// the first.
static errval_t protect_pieces(struct paging_state *st, lvaddr_t base, lvaddr_t end, uint32_t flags)
{
    errval_t err = SYS_ERR_OK;
    while (base < end && err_is_ok(err)) {
        struct space_operation operation;
        space_begin_free(&operation);
        struct page_piece *piece = page_tables_first_piece(&st->tables, base, end);
        if (piece) {
            err = page_piece_protect(piece, flags);
            base = page_piece_base(piece) + page_piece_bytes(piece);
        } else {
            base = end;
        }
        space_end(&operation);
    }
    return err;
}

errval_t paging_protect(struct paging_state *st, const void *address, size_t bytes, int flags)
{
    struct space_region *region;
    lvaddr_t base = (lvaddr_t)address;
    errval_t err = claim_pieces(st, base, bytes, &region);
    if (err_is_ok(err)) {
        err = protect_pieces(st, base, base + bytes, (uint32_t)flags);
        region->busy = false;
    } else if (err == LIB_ERR_PAGING_NOT_MAPPED) {
        err = extents_protect(st, base, bytes, (uint32_t)flags);
    }
    return err_is_ok(err) ? SYS_ERR_OK : err_push(err, LIB_ERR_PAGING_PROTECT);
}
