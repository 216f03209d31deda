#include "home.h"

#include <aos/aos.h>
#include <aos/rpc.h>
#include <cap/ram.h>
#include <interfaces/mem.h>
#include <services/mem/ram/share.h>

#define HOME_CORE 0

static struct rpc_client *home; ///< NULL: there is no channel now.
static bool is_used;

/// Nobody is served meanwhile: that server waits for no other memory server, and so not for this one.
static struct rpc_thread be_plain(void)
{
    struct rpc_thread before = rpc_thread;
    rpc_thread.is_server = rpc_thread.has_deadline = false;
    return before;
}

static errval_t get(void *context, gensize_t bytes, gensize_t alignment, struct capref *ret)
{
    uint64_t given;
    (void)context;
    struct rpc_thread before = be_plain();
    errval_t err = home ? mem_get_ram(home, bytes, alignment, ret, &given) : RPC_ERR_PEER_GONE;
    rpc_thread = before;
    return err;
}

/// All that get() brought at once: the capability is gone here, and what was made of it was revoked.
static errval_t give_back(void *context, genpaddr_t base, gensize_t bytes)
{
    (void)context;
    struct rpc_thread before = be_plain();
    errval_t err = home ? mem_free_ram(home, base, bytes) : RPC_ERR_PEER_GONE;
    rpc_thread = before;
    return err;
}

static errval_t connect(void)
{
    struct rpc_client *client;
    errval_t err = rpc_connect_at(HOME_CORE, mem_interface.name, &mem_interface, &client);
    home = err_is_ok(err) ? client : NULL;
    return err;
}

/// That server has ended, and with it all that it had given. Another thread may have begun to look for the
/// next.
static void connect_again(void)
{
    static bool is_connecting;
    if (!is_connecting && (!home || home->gone)) {
        struct rpc_client *gone = home;
        is_connecting = true;
        home = NULL;
        rpc_disconnect(gone);
        (void)connect();
        is_connecting = false;
    }
}

void home_use(void)
{
    static const struct ram_source source = {.get = get, .give_back = give_back};
    is_used = ram_may_ask && disp_get_core_id() != HOME_CORE;
    if (is_used) {
        (void)connect(); // if there is no such server yet, it is looked for when memory is needed
        ram_alloc_set_source(&source);
    }
}

bool home_is_used(void)
{
    return is_used;
}

bool home_ask(gensize_t bytes, gensize_t alignment)
{
    if (!is_used) {
        return false;
    }
    connect_again();
    return home && err_is_ok(ram_source_grow(bytes, alignment, ram_source_generation()));
}
