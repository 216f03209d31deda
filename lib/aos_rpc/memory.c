#include <abi/types.h>
#include <aos_rpc/channel.h>
#include <interfaces/mem.h>

errval_t aos_rpc_get_ram_cap_aligned(struct aos_rpc *chan, size_t bytes, size_t alignment,
                                     struct capref *retcap, size_t *ret_bytes)
{
    struct rpc_client *client;
    uint64_t granted;
    errval_t err = aos_rpc_begin(&chan, &mem_interface, &client);
    if (err_is_fail(err)) {
        return err;
    }
    err = aos_rpc_end(chan, mem_get_ram(client, bytes, alignment, retcap, &granted));
    if (err_is_ok(err) && ret_bytes) {
        *ret_bytes = granted;
    }
    return err;
}

errval_t aos_rpc_get_ram_cap(struct aos_rpc *chan, size_t bytes, struct capref *retcap, size_t *ret_bytes)
{
    return aos_rpc_get_ram_cap_aligned(chan, bytes, BASE_PAGE_SIZE, retcap, ret_bytes);
}
