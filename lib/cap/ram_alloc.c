#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/sync.h>

/// A RAM capability of the memory CNode: what objects are made from.
struct region {
    genpaddr_t base;
    gensize_t bytes;
    struct capref cap;
};

/// A free range; ranges of a region are sorted and never touch each other.
struct range {
    genpaddr_t base;
    gensize_t bytes;
    struct range *next;
};

static struct {
    struct thread_mutex mutex; ///< For all below. Who holds it calls nothing that may want memory.
    struct region regions[RAM_ALLOC_REGIONS];
    unsigned region_count;
    struct range pool[RAM_ALLOC_RANGES];
    struct range *unused; ///< Entries of the pool that are not in use.
    struct range *free;   ///< Sorted by base over all regions.
    gensize_t free_bytes;
} memory;

static struct range *range_new(genpaddr_t base, gensize_t bytes, struct range *next)
{
    struct range *range = memory.unused;
    memory.unused = range->next;
    *range = (struct range){.base = base, .bytes = bytes, .next = next};
    return range;
}

static void range_recycle(struct range *range)
{
    range->next = memory.unused;
    memory.unused = range;
}

static const struct region *region_of(genpaddr_t base, gensize_t bytes)
{
    for (unsigned i = 0; i < memory.region_count; i++) {
        const struct region *region = &memory.regions[i];
        if (base >= region->base && bytes <= region->bytes && base - region->base <= region->bytes - bytes) {
            return region;
        }
    }
    return NULL;
}

void ram_alloc_init(void)
{
    for (unsigned i = 0; i < RAM_ALLOC_RANGES; i++) {
        range_recycle(&memory.pool[i]);
    }
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS && memory.region_count < RAM_ALLOC_REGIONS; slot++) {
        struct capref cap = {.cnode = cnode_memory, .slot = slot};
        struct capability_info info;
        if (err_is_fail(cap_identify(cap, &info))) {
            break;
        }
        if (info.type == ObjType_RAM) {
            memory.regions[memory.region_count++] =
                (struct region){.base = info.base, .bytes = info.bytes, .cap = cap};
            ram_free_region(info.base, info.bytes);
        }
    }
}

gensize_t ram_alloc_free_bytes(void)
{
    return memory.free_bytes;
}

/// Takes `bytes` at `base` out of the free range at `*link`. Fails if the pool has no entry for what is left
/// on both sides.
static bool range_take(struct range **link, genpaddr_t base, gensize_t bytes)
{
    struct range *range = *link;
    gensize_t before = base - range->base;
    gensize_t after = range->bytes - before - bytes;
    if (before && after) {
        if (!memory.unused) {
            return false;
        }
        range->next = range_new(base + bytes, after, range->next);
        range->bytes = before;
    } else if (before) {
        range->bytes = before;
    } else if (after) {
        range->base = base + bytes;
        range->bytes = after;
    } else {
        *link = range->next;
        range_recycle(range);
    }
    memory.free_bytes -= bytes;
    return true;
}

/// Finds a free range that no two regions share; alignment is a power of two.
static errval_t region_alloc(gensize_t bytes, gensize_t alignment, genpaddr_t *ret)
{
    errval_t err = LIB_ERR_RAM_ALLOC_EXHAUSTED;
    thread_mutex_lock(&memory.mutex);
    for (struct range **link = &memory.free; *link; link = &(*link)->next) {
        const struct range *range = *link;
        genpaddr_t base = ROUND_UP(range->base, alignment);
        gensize_t skipped = base - range->base;
        if (base >= range->base && skipped <= range->bytes && bytes <= range->bytes - skipped) {
            *ret = base;
            err = range_take(link, base, bytes) ? SYS_ERR_OK : LIB_ERR_RAM_ALLOC;
            break;
        }
    }
    thread_mutex_unlock(&memory.mutex);
    return err;
}

/// True if `range` ends where `base` begins and both are of one region: only then may they become one range.
static bool joins(const struct range *range, genpaddr_t base)
{
    return range && range->base + range->bytes == base && region_of(range->base, 1) == region_of(base, 1);
}

/// Puts a range into the list, joined with what it touches. With the mutex held.
static errval_t range_insert(genpaddr_t base, gensize_t bytes)
{
    struct range *before = NULL;
    struct range **link = &memory.free;
    while (*link && (*link)->base < base) {
        before = *link;
        link = &before->next;
    }
    struct range *after = *link;
    if ((before && before->base + before->bytes > base) || (after && base + bytes > after->base)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    bool joins_after =
        after && base + bytes == after->base && region_of(base, 1) == region_of(after->base, 1);
    if (joins(before, base)) {
        before->bytes += bytes;
        if (joins_after) {
            before->bytes += after->bytes;
            before->next = after->next;
            range_recycle(after);
        }
    } else if (joins_after) {
        after->base = base;
        after->bytes += bytes;
    } else if (memory.unused) {
        *link = range_new(base, bytes, after);
    } else {
        return LIB_ERR_RAM_ALLOC;
    }
    memory.free_bytes += bytes;
    return SYS_ERR_OK;
}

errval_t ram_free_region(genpaddr_t base, gensize_t bytes)
{
    bytes = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (!bytes || base % BASE_PAGE_SIZE || !region_of(base, bytes)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    thread_mutex_lock(&memory.mutex);
    errval_t err = range_insert(base, bytes);
    thread_mutex_unlock(&memory.mutex);
    return err;
}

errval_t ram_alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    gensize_t taken = ROUND_UP(bytes, BASE_PAGE_SIZE);
    if (!taken || alignment & (alignment - 1)) {
        return err_push(SYS_ERR_INVALID_ARGUMENT, LIB_ERR_RAM_ALLOC);
    }
    errval_t err;
    do {
        genpaddr_t base;
        err = region_alloc(taken, alignment < BASE_PAGE_SIZE ? BASE_PAGE_SIZE : alignment, &base);
        if (err_is_fail(err)) {
            break;
        }
        const struct region *region = region_of(base, taken);
        gensize_t objsize = type == ObjType_Dispatcher ? OBJSIZE_Dispatcher : taken;
        err = cap_retype(dest, region->cap, base - region->base, type, objsize, 1);
        if (err_is_fail(err) && err_no(err_pop(err)) != SYS_ERR_REVOKE_FIRST) {
            ram_free_region(base, taken);
            break;
        }
        // Somebody still has a capability of what was freed: that memory is passed over, and stays out of
        // use.
    } while (err_is_fail(err));
    return err_is_fail(err) ? err_push(err, LIB_ERR_RAM_ALLOC) : SYS_ERR_OK;
}

errval_t ram_alloc_aligned(struct capref *ret, size_t bytes, size_t alignment)
{
    errval_t err = slot_alloc(ret);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_RAM_ALLOC);
    }
    err = ram_alloc_object(*ret, ObjType_RAM, bytes, alignment);
    if (err_is_fail(err)) {
        slot_free(*ret);
    }
    return err;
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

errval_t ram_free(struct capref cap)
{
    struct capability_info info;
    errval_t err = cap_identify(cap, &info);
    if (err_is_fail(err)) {
        return err;
    }
    gensize_t bytes = ROUND_UP(info.bytes, BASE_PAGE_SIZE);
    if (!region_of(info.base, bytes)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    err = cap_destroy(cap);
    return err_is_fail(err) ? err : ram_free_region(info.base, bytes);
}
