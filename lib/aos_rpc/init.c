#include <aos_rpc/channel.h>
#include <interfaces/monitor.h>

errval_t aos_rpc_send_number(struct aos_rpc *chan, uintptr_t val)
{
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &monitor_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, monitor_number(client, val)) : err;
}

errval_t aos_rpc_send_string(struct aos_rpc *chan, const char *string)
{
    struct rpc_client *client;
    errval_t err = aos_rpc_begin(&chan, &monitor_interface, &client);
    return err_is_ok(err) ? aos_rpc_end(chan, monitor_text(client, string)) : err;
}
