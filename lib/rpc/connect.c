/**
 * Finding services: init knows them (services/init/monitor.c).
 */
#include <aos/capabilities.h>
#include <aos/rpc_server.h>
#include <interfaces/control_server.h>
#include <interfaces/monitor.h>
#include <aos/dispatch.h>
#include <rpc/ump_client.h>
#include <stdlib.h>

#define TRIES 1000 ///< To send to init, which reads its messages before it does anything else.

static struct {
    struct thread_once prepared, opened;
    struct rpc_client client;
    struct capref linked; ///< For init.
    errval_t err;
} init_channel;

static void prepare_init_channel(void)
{
    init_channel.err = rpc_client_prepare(&init_channel.client, &monitor_interface, &init_channel.linked);
}

static void open_init_channel(void)
{
    if (err_is_ok(init_channel.err)) {
        init_channel.err = rpc_client_open_prepared(&init_channel.client, cap_parentep, init_channel.linked);
    }
}

errval_t rpc_prepare_init_channel(void)
{
    thread_once(&init_channel.prepared, prepare_init_channel);
    return init_channel.err;
}

errval_t rpc_init_channel(struct rpc_client **ret)
{
    thread_once(&init_channel.prepared, prepare_init_channel);
    thread_once(&init_channel.opened, open_init_channel);
    *ret = &init_channel.client;
    return init_channel.err;
}

errval_t rpc_connect(const char *service, const struct rpc_interface *interface, struct rpc_client **ret)
{
    struct rpc_client *monitor, *client;
    struct capref linked, remote;
    errval_t err = rpc_init_channel(&monitor);
    if (err_is_fail(err)) {
        return err_push(err, RPC_ERR_CONNECT);
    }
    client = malloc(sizeof(*client));
    if (!client) {
        return err_push(LIB_ERR_MALLOC_FAIL, RPC_ERR_CONNECT);
    }
    err = rpc_client_prepare(client, interface, &linked);
    if (err_is_fail(err)) {
        free(client);
        return err_push(err, RPC_ERR_CONNECT);
    }
    err = monitor_bind(monitor, service, interface->hash, linked, &remote);
    if (err_is_fail(err)) {
        rpc_disconnect(client);
        return err_no(err) == MON_ERR_REMOTE ? rpc_connect_ump(MONITOR_ANY_CORE, service, interface, ret)
                                             : err_push(err, RPC_ERR_CONNECT);
    }
    rpc_client_set_remote(client, remote);
    *ret = client;
    return SYS_ERR_OK;
}

errval_t rpc_connect_at(coreid_t core, const char *service, const struct rpc_interface *interface,
                        struct rpc_client **ret)
{
    return core == disp_get_core_id() ? rpc_connect(service, interface, ret)
                                      : rpc_connect_ump(core, service, interface, ret);
}

errval_t rpc_connect_ump(uint32_t core, const char *service, const struct rpc_interface *interface,
                         struct rpc_client **ret)
{
    struct rpc_client *monitor, *client;
    struct rpc_ump_binding binding;
    struct rpc_ump *ump;
    errval_t err = rpc_init_channel(&monitor);
    if (err_is_ok(err)) {
        err = monitor_bind_ump(monitor, core, service, interface->hash, 0, &binding.channel, &binding.side,
                               &binding.peer_core, &binding.frame, &binding.wake);
    }
    if (err_is_ok(err)) {
        err = rpc_ump_open(&binding, &ump);
    }
    if (err_is_fail(err)) {
        return err_push(err, RPC_ERR_CONNECT);
    }
    client = malloc(sizeof(*client));
    if (!client) {
        rpc_ump_close(ump);
        return err_push(LIB_ERR_MALLOC_FAIL, RPC_ERR_CONNECT);
    }
    *client = (struct rpc_client){
        .link = &rpc_link_ump,
        .ump = ump,
        .calls_left = RPC_CALLS_UNDER_WAY,
        .caps_left = LMP_RECV_SLOTS,
    };
    *ret = client;
    return SYS_ERR_OK;
}

/// Tells init how it went: over UMP, or with the endpoint of the session. init takes its messages one by one:
/// if its ring for us is full it runs, and we try again.
static void tell_init(uint64_t request, errval_t error, bool is_ump, struct capref linked)
{
    struct rpc_client *monitor;
    errval_t err = rpc_init_channel(&monitor);
    for (unsigned i = 0; i < TRIES && err_is_ok(err); i++) {
        if (err_is_fail(error)) {
            err = monitor_refused(monitor, request, error);
        } else {
            err = is_ump ? monitor_connected_ump(monitor, request)
                         : monitor_connected(monitor, request, linked);
        }
        if (err != RPC_ERR_BUSY) {
            break;
        }
        thread_yield();
        err = SYS_ERR_OK;
    }
    if (err_is_fail(err) && !capref_is_null(linked)) {
        cap_discard(linked);
    }
}

/// init has a client for the service.
static errval_t connect(struct rpc_session *control, uint64_t request, uint32_t pid, uint64_t quota,
                        struct capref reply)
{
    struct capref linked = NULL_CAP;
    errval_t err = rpc_session_create(control->state, pid, quota, reply, NULL, &linked);
    if (err_is_fail(err)) {
        cap_discard(reply);
        linked = NULL_CAP;
    }
    tell_init(request, err, false, linked);
    return SYS_ERR_OK;
}

/// init has one with a channel of UMP.
static errval_t connect_ump(struct rpc_session *control, uint64_t request, uint32_t pid, uint64_t quota,
                            uint32_t rights, uint32_t channel, uint32_t side, uint32_t core,
                            struct capref frame, struct capref wake)
{
    const struct rpc_ump_binding binding = {channel, side, core, frame, wake};
    errval_t err = rpc_session_create_ump(control->state, pid, quota, rights, &binding);
    tell_init(request, err, true, NULL_CAP);
    return SYS_ERR_OK;
}

static const struct control_operations control_operations = {.connect = connect, .connect_ump = connect_ump};
static const struct rpc_service control = {.skeleton = &control_skeleton, .operations = &control_operations};

errval_t rpc_export(const char *name, const struct rpc_service *service)
{
    struct rpc_client *monitor;
    struct rpc_session *session;
    struct capref linked;
    errval_t err = rpc_init_channel(&monitor);
    if (err_is_fail(err)) {
        return err;
    }
    err = rpc_session_create(&control, 0, 0, NULL_CAP, &session, &linked);
    if (err_is_fail(err)) {
        return err;
    }
    session->state = (void *)service;
    err = monitor_serve(monitor, name, service->skeleton->interface->hash, linked);
    if (err_is_fail(err)) {
        rpc_session_cut(session);
    }
    return err;
}
