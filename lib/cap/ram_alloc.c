#include <aos/capabilities.h>
#include <aos/mm.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <mm/lock.h>

/// Used with the memory lock held.
static struct mm memory;
static char first_nodes[MM_BUFFER_BYTES] __attribute__((aligned(16)));

void ram_alloc_init(void)
{
    mm_init(&memory, ObjType_RAM, slab_default_refill, first_nodes, sizeof(first_nodes));
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
        struct capref cap = {.cnode = cnode_memory, .slot = slot};
        errval_t err = mm_add(&memory, cap);
        if (err_is_fail(err) && err != MM_ERR_TYPE) {
            break; // The capabilities stand one behind the other; there is no other.
        }
    }
}

gensize_t ram_alloc_free_bytes(void)
{
    memory_lock();
    gensize_t bytes = mm_free_bytes(&memory);
    memory_unlock();
    return bytes;
}

errval_t ram_free_region(genpaddr_t base, gensize_t bytes)
{
    memory_lock();
    errval_t err = mm_free_region(&memory, base, bytes);
    memory_unlock();
    return err;
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

errval_t ram_alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    memory_lock();
    errval_t err = mm_alloc_object(&memory, dest, type, bytes, alignment);
    memory_unlock();
    return ram_alloc_error(err);
}

errval_t ram_alloc_aligned(struct capref *ret, size_t bytes, size_t alignment)
{
    memory_lock();
    errval_t err = mm_alloc_aligned(&memory, bytes, alignment, ret);
    memory_unlock();
    return ram_alloc_error(err);
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
    memory_lock();
    errval_t err = mm_free(&memory, cap);
    memory_unlock();
    return err;
}
