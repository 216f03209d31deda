#include <aos/dispatch.h>
#include <names/client.h>

errval_t names_bind(coreid_t core, const char *service, const struct rpc_interface *interface,
                    struct rpc_client **client)
{
    if (core != disp_get_core_id()) {
        return RPC_ERR_NO_SERVICE;
    }
    return rpc_connect(service, interface, client);
}
