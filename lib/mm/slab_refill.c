#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <aos/slab.h>

errval_t slab_refill_pages(struct slab_allocator *slabs, size_t bytes)
{
    struct capref frame;
    void *buffer;
    errval_t err = frame_alloc(&frame, bytes, &bytes);
    if (err_is_fail(err)) {
        return err;
    }
    err = paging_map_frame(get_current_paging_state(), &buffer, bytes, frame);
    if (err_is_fail(err)) {
        ram_free(frame);
        return err;
    }
    slab_grow(slabs, buffer, bytes);
    return SYS_ERR_OK;
}

errval_t slab_default_refill(struct slab_allocator *slabs)
{
    return slab_refill_pages(slabs, BASE_PAGE_SIZE);
}
