/**
 * What a transport does that needs nothing but the two endpoints, and has no room where bytes could be used
 * in place: a file of the axis defines the functions that it has other ones of.
 */
#include <rpc/transport/transport.h>

__attribute__((weak)) errval_t rpc_transport_open(struct rpc_transport **ret, struct rpc_message *attach)
{
    (void)ret;
    (void)attach;
    return SYS_ERR_OK;
}

__attribute__((weak)) errval_t rpc_transport_attach(struct rpc_transport **ret, struct rpc_message *attach)
{
    (void)ret;
    rpc_message_drop(attach);
    return RPC_ERR_PROTOCOL;
}

__attribute__((weak)) void rpc_transport_close(struct rpc_transport *transport)
{
    (void)transport;
}

__attribute__((weak)) const void *rpc_transport_look(struct lmp_endpoint *endpoint, size_t bytes)
{
    (void)endpoint;
    (void)bytes;
    return NULL;
}

__attribute__((weak)) void rpc_transport_done(struct lmp_endpoint *endpoint)
{
    (void)endpoint;
}
