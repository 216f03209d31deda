#include "shared_memory.h"

#include <aos/aos.h>

errval_t shared_memory_make(size_t bytes, struct capref *frame, void **memory)
{
    errval_t err = frame_alloc(frame, bytes, NULL);
    if (err_is_fail(err)) {
        return err;
    }
    err = paging_map_frame_attr(get_current_paging_state(), memory, bytes, *frame, VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        ram_free(*frame);
    }
    return err;
}
