#include <aos/aos.h>
#include <cap/recall.h>
#include <interfaces/monitor.h>

static const uint64_t *map;

errval_t recall_begin(void)
{
    struct rpc_client *init;
    struct capref frame = NULL_CAP;
    void *memory;
    errval_t err = rpc_init_channel(&init);
    if (err_is_ok(err)) {
        err = monitor_recall_map(init, &frame);
    }
    if (err_is_ok(err)) {
        err = paging_map_frame_attr(get_current_paging_state(), &memory, RECALL_MAP_BYTES, frame,
                                    VREGION_FLAGS_READ);
    }
    if (err_is_ok(err)) {
        map = memory;
    }
    return err;
}

bool recall_is_due(genpaddr_t base, gensize_t bytes)
{
    bool is_due = false;
    const genpaddr_t end = (base + bytes - 1) / RECALL_GRAIN_BYTES;
    for (genpaddr_t grain = base / RECALL_GRAIN_BYTES; map && grain <= end && !is_due; grain++) {
        const size_t bit = grain % RECALL_MAP_BITS;
        is_due = __atomic_load_n(&map[bit / 64], __ATOMIC_SEQ_CST) >> bit % 64 & 1;
    }
    return is_due;
}

errval_t recall_range(genpaddr_t base, gensize_t bytes)
{
    struct rpc_client *init;
    if (!recall_is_due(base, bytes)) {
        return SYS_ERR_OK;
    }
    errval_t err = rpc_init_channel(&init);
    return err_is_ok(err) ? monitor_recall(init, base, bytes) : err;
}
