/**
 * The memory server as the source of this domain's RAM (docs/memory-server.md).
 *
 * Who comes here found no memory, and may be anywhere outside of the library's sections: in the middle of
 * malloc(), with the heap's mutex; on its fault stack; in the handler of a call that it serves. So
 *
 *  - nothing here uses the heap: what the channel needs of it is made when the domain starts;
 *  - the calls are as system calls to the rest of the domain: they have no deadline, and no other thread
 * takes this one's part as a server meanwhile. The memory server and init wait for nobody, so they are
 * answered;
 *  - the endpoints are private, as those of all clients are: no thread that waits for any message gets what
 * this one waits for, and then waits for a mutex that this one has.
 */
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/rpc.h>
#include <cap/ram.h>
#include <interfaces/mem.h>
#include <interfaces/monitor.h>

static struct {
    struct rpc_client client; ///< Used in the source, by one thread at a time.
    struct capref linked;     ///< For the server, to answer to. It is given away once.
    bool is_connected;
    errval_t refused; ///< Why there is no server for this domain, once that is known.
} server;

__attribute__((weak)) bool ram_has_server(void)
{
    return true;
}

/// What the calling thread is else, it is not while it is here. \return what it was
static struct rpc_thread be_plain(void)
{
    struct rpc_thread before = rpc_thread;
    rpc_thread.is_server = rpc_thread.has_deadline = false;
    return before;
}

static void be_again(struct rpc_thread before)
{
    rpc_thread = before;
}

/// Once; whatever comes of it stays so.
static errval_t connect(void)
{
    struct rpc_client *monitor;
    struct capref remote = NULL_CAP;
    if (server.is_connected) {
        return SYS_ERR_OK;
    }
    if (err_is_fail(server.refused)) {
        return server.refused;
    }
    errval_t err = rpc_init_channel(&monitor);
    if (err_is_ok(err) && thread_mutex_is_mine(&monitor->mutex)) {
        return RPC_ERR_BUSY; // it is in the middle of a call to init
    }
    if (err_is_ok(err)) {
        err = monitor_bind(monitor, mem_interface.name, mem_interface.hash, server.linked, &remote);
    }
    if (err_is_ok(err)) {
        rpc_client_set_remote(&server.client, remote);
        server.is_connected = true;
    }
    server.refused = err;
    return err;
}

static errval_t get(void *context, gensize_t bytes, gensize_t alignment, struct capref *ret)
{
    uint64_t given;
    (void)context;
    struct rpc_thread before = be_plain();
    errval_t err = connect();
    if (err_is_ok(err)) {
        err = mem_get_ram(&server.client, bytes, alignment, ret, &given);
    }
    be_again(before);
    return err;
}

static errval_t give_back(void *context, genpaddr_t base, gensize_t bytes)
{
    (void)context;
    struct rpc_thread before = be_plain();
    errval_t err = mem_free_ram(&server.client, base, bytes);
    be_again(before);
    return err;
}

void ram_server_use(void)
{
    static const struct ram_source source = {.get = get, .give_back = give_back};
    struct capability_info info;
    if (!ram_has_server() || err_is_fail(cap_identify(cap_parentep, &info))
        || err_is_fail(rpc_prepare_init_channel())) {
        return;
    }
    if (err_is_ok(rpc_client_prepare(&server.client, &mem_interface, &server.linked))) {
        ram_alloc_set_source(&source);
    }
}
