/**
 * Ranges with capabilities.
 *
 * Refilling cannot go in circles. Nodes are refilled before an operation looks at the ranges, so that the
 * allocations which refilling makes itself (a frame, page tables, a CNode for slots: at most six) find them
 * in order. Those do not refill again, and live on the nodes that are kept: an allocation from outside leaves
 * RESERVE operations' worth of nodes alone, and refilling starts at REFILL. The reserve is for frees as well:
 * each makes memory to refill with. A slot is taken before the range, too, because finding one may make a
 * CNode.
 */
#include <aos/capabilities.h>
#include <aos/mm.h>
#include <aos/slot_alloc.h>

#define RESERVE 4
#define REFILL  8

void mm_init(struct mm *mm, enum objtype objtype, slab_refill_func_t slab_refill, void *slab_buf,
             size_t slab_bufsz)
{
    mm->objtype = objtype;
    mm->refill = slab_refill;
    mm->refilling = false;
    ranges_init(&mm->ranges);
    slab_grow(&mm->ranges.nodes, slab_buf, slab_bufsz);
}

static bool has_nodes(const struct mm *mm, size_t operations)
{
    return slab_freecount(&mm->ranges.nodes) >= operations * ranges_nodes_an_operation(&mm->ranges);
}

/// Makes nodes if they get few. That it could not is no error while the reserve lasts.
static void refill(struct mm *mm)
{
    if (mm->refilling || !mm->refill) {
        return;
    }
    mm->refilling = true;
    while (!has_nodes(mm, REFILL) && err_is_ok(mm->refill(&mm->ranges.nodes))) {
    }
    mm->refilling = false;
}

errval_t mm_add(struct mm *mm, struct capref cap)
{
    struct capability_info info;
    errval_t err = cap_identify(cap, &info);
    if (err_is_fail(err)) {
        return err;
    }
    if (info.type != mm->objtype) {
        return MM_ERR_TYPE;
    }
    refill(mm);
    struct region *region;
    err = ranges_add(&mm->ranges, info.base, info.bytes, &region);
    if (err_is_ok(err)) {
        region->cap = cap;
    }
    return err;
}

errval_t mm_make_object(struct mm *mm, struct capref dest, enum objtype type, genpaddr_t base,
                        gensize_t bytes)
{
    const struct region *region = ranges_region(&mm->ranges, base, bytes);
    gensize_t objsize = type == ObjType_Dispatcher ? OBJSIZE_Dispatcher : bytes;
    return cap_retype(dest, region->cap, base - region->base, type, objsize, 1);
}

errval_t mm_alloc_object(struct mm *mm, struct capref dest, enum objtype type, gensize_t bytes,
                         gensize_t alignment)
{
    gensize_t taken = ROUND_UP(bytes, BASE_PAGE_SIZE);
    errval_t err;
    do {
        refill(mm);
        if (mm->refill && !mm->refilling && !has_nodes(mm, RESERVE)) {
            return MM_ERR_NODES;
        }
        genpaddr_t base;
        err = ranges_alloc(&mm->ranges, taken, alignment, &base);
        if (err_is_fail(err)) {
            return err;
        }
        err = mm_make_object(mm, dest, type, base, taken);
        if (err_is_fail(err) && err_no(err_pop(err)) != SYS_ERR_REVOKE_FIRST) {
            ranges_free(&mm->ranges, base, taken);
            return err;
        }
        // Somebody still has a capability of what was freed: that memory is passed over, and counts as
        // allocated until it is freed again.
    } while (err_is_fail(err));
    return SYS_ERR_OK;
}

errval_t mm_alloc_aligned(struct mm *mm, gensize_t bytes, gensize_t alignment, struct capref *retcap)
{
    struct capref cap;
    errval_t err = slot_alloc(&cap);
    if (err_is_fail(err)) {
        return err;
    }
    err = mm_alloc_object(mm, cap, mm->objtype, bytes, alignment);
    if (err_is_fail(err)) {
        slot_free(cap);
        return err;
    }
    *retcap = cap;
    return SYS_ERR_OK;
}

errval_t mm_alloc(struct mm *mm, gensize_t bytes, struct capref *retcap)
{
    return mm_alloc_aligned(mm, bytes, BASE_PAGE_SIZE, retcap);
}

errval_t mm_free_region(struct mm *mm, genpaddr_t base, gensize_t bytes)
{
    refill(mm);
    return ranges_free(&mm->ranges, base, ROUND_UP(bytes, BASE_PAGE_SIZE));
}

errval_t mm_free(struct mm *mm, struct capref cap)
{
    struct capability_info info;
    bool has_descendants;
    errval_t err = cap_identify_family(cap, &info, &has_descendants);
    if (err_is_fail(err)) {
        return err;
    }
    if (has_descendants) {
        return MM_ERR_DESCENDANTS;
    }
    refill(mm);
    gensize_t bytes = ROUND_UP(info.bytes, BASE_PAGE_SIZE);
    err = ranges_check_free(&mm->ranges, info.base, bytes);
    if (err_is_ok(err)) {
        err = cap_destroy(cap);
    }
    return err_is_ok(err) ? ranges_free(&mm->ranges, info.base, bytes) : err;
}

gensize_t mm_free_bytes(const struct mm *mm)
{
    return mm->ranges.free_bytes;
}
