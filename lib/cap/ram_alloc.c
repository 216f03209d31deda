#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/ram.h>
#include <heap/heap.h>
#include <paging/arena.h>
#include <paging/stock.h>

gensize_t ram_alloc_kept_bytes(void)
{
    return arena_bytes() + slot_alloc_bytes() + stock_bytes() + heap_bytes();
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

/// Takes a range, which is borrowed if there is none.
static errval_t take(gensize_t bytes, gensize_t alignment, struct ram_range *ret)
{
    for (;;) {
        unsigned generation = ram_source_generation();
        errval_t err = ram_take(bytes, alignment, ret);
        if (err_no(err) != MM_ERR_OUT_OF_MEMORY) {
            return err;
        }
        errval_t refused = ram_source_grow(bytes, alignment, generation);
        if (err_is_fail(refused)) {
            return refused == MM_ERR_OUT_OF_MEMORY ? err : err_push(refused, MM_ERR_OUT_OF_MEMORY);
        }
    }
}

/**
 * The object is made outside of the section: clearing its memory may take long, and nobody else can have the
 * range. If somebody still has a capability of what was freed, that memory is passed over, and counts as
 * allocated until it is freed again.
 */
static errval_t alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    struct ram_range range;
    errval_t err;
    do {
        err = take(ROUND_UP(bytes, BASE_PAGE_SIZE), alignment, &range);
        if (err_is_fail(err)) {
            return err;
        }
        err = ram_make(dest, type, &range);
        if (err_is_fail(err) && err_no(err_pop(err)) != SYS_ERR_REVOKE_FIRST) {
            ram_give_back(range.base, range.bytes);
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
    err = alloc_object(cap, ObjType_RAM, bytes, alignment);
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

errval_t ram_free_region(genpaddr_t base, gensize_t bytes)
{
    errval_t err = ram_give_back(base, bytes);
    if (err_is_ok(err)) {
        ram_source_return_idle();
    }
    return err;
}

/**
 * What is freed is looked at first, then deleted, then given back, and only the deleting is one step for the
 * kernel: of two threads that free the same capability one finds nothing to delete.
 */
errval_t ram_free(struct capref cap)
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
    gensize_t bytes = ROUND_UP(info.bytes, BASE_PAGE_SIZE);
    err = ram_check_give_back(info.base, bytes);
    if (err_is_ok(err)) {
        err = cap_destroy(cap);
    }
    return err_is_ok(err) ? ram_free_region(info.base, bytes) : err;
}
