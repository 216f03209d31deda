#include <aos_rpc/channel.h>
#include <interfaces/mem.h>
#include <interfaces/monitor.h>
#include <interfaces/proc.h>
#include <interfaces/serial.h>

static struct aos_rpc init_channel = {.interface = &monitor_interface};
static struct aos_rpc services[] = {
    {.service = "mem", .interface = &mem_interface},
    {.service = "proc", .interface = &proc_interface},
    {.service = "serial", .interface = &serial_interface},
};

static struct aos_rpc *init_rpc = &init_channel;

errval_t aos_rpc_init(struct aos_rpc *rpc)
{
    struct rpc_client *client;
    *rpc = (struct aos_rpc){.interface = &monitor_interface};
    return rpc_init_channel(&client);
}

void set_init_rpc(struct aos_rpc *rpc)
{
    init_rpc = rpc ? rpc : &init_channel;
}

struct aos_rpc *get_init_rpc(void)
{
    return init_rpc;
}

struct aos_rpc *aos_rpc_get_init_channel(void)
{
    return init_rpc;
}

struct aos_rpc *aos_rpc_get_memory_channel(void)
{
    return &services[0];
}

struct aos_rpc *aos_rpc_get_process_channel(void)
{
    return &services[1];
}

struct aos_rpc *aos_rpc_get_serial_channel(void)
{
    return &services[2];
}

/// The channel that a call goes over, or NULL.
static struct aos_rpc *route(struct aos_rpc *chan, const struct rpc_interface *interface)
{
    if (chan->interface == interface) {
        return chan;
    }
    for (unsigned i = 0; i < sizeof(services) / sizeof(services[0]) && !chan->service; i++) {
        if (services[i].interface == interface) {
            return &services[i];
        }
    }
    return NULL;
}

/// Takes the client if the channel is open. \return RPC_ERR_CONNECT if it is not
static errval_t take(struct aos_rpc *chan, struct rpc_client **client)
{
    errval_t err = RPC_ERR_CONNECT;
    thread_mutex_lock(&chan->mutex);
    if (chan->is_gone) {
        err = RPC_ERR_PEER_GONE;
    } else if (chan->client) {
        chan->users++;
        *client = chan->client;
        err = SYS_ERR_OK;
    }
    thread_mutex_unlock(&chan->mutex);
    return err;
}

/*
 * No lock is held while a channel is opened: a handler of a server that waits lets other handlers run, and
 * they may want the same channel. So several may open it; the first wins.
 */
static errval_t open(struct aos_rpc *chan, struct rpc_client **client)
{
    struct rpc_client *opened;
    errval_t err =
        chan->service ? rpc_connect(chan->service, chan->interface, &opened) : rpc_init_channel(&opened);
    if (err_is_fail(err)) {
        return err;
    }
    thread_mutex_lock(&chan->mutex);
    bool is_first = !chan->client;
    if (is_first) {
        chan->client = opened;
    }
    *client = chan->client;
    chan->users++;
    thread_mutex_unlock(&chan->mutex);
    if (!is_first && chan->service) {
        rpc_disconnect(opened);
    }
    return SYS_ERR_OK;
}

errval_t aos_rpc_begin(struct aos_rpc **chan, const struct rpc_interface *interface,
                       struct rpc_client **client)
{
    *chan = route(*chan, interface);
    if (!*chan) {
        return RPC_ERR_INTERFACE;
    }
    errval_t err = take(*chan, client);
    return err == RPC_ERR_CONNECT ? open(*chan, client) : err;
}

errval_t aos_rpc_end(struct aos_rpc *chan, errval_t err)
{
    struct rpc_client *closed = NULL;
    thread_mutex_lock(&chan->mutex);
    chan->users--;
    // A service may pass such an error on; then a channel is opened anew that need not be.
    chan->is_gone |= chan->service && (chan->client->gone || err_no(err) == RPC_ERR_PEER_GONE);
    if (chan->is_gone && chan->users == 0) {
        closed = chan->client;
        chan->client = NULL;
        chan->is_gone = false;
    }
    thread_mutex_unlock(&chan->mutex);
    rpc_disconnect(closed);
    return err;
}
