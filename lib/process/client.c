#include <abi/syscall.h>
#include <aos/dispatch.h>
#include <aos/sync.h>
#include <interfaces/monitor.h>
#include <interfaces/proc.h>
#include <process/client.h>

/// To the process server of a core.
struct channel {
    struct rpc_client *client;
    unsigned users; ///< Calls that are under way.
};

static struct {
    struct thread_mutex mutex; ///< Held while a channel is opened.
    struct channel of[CORES_MAX];
} channels;

errval_t process_client_get(coreid_t core, struct rpc_client **client)
{
    errval_t err = SYS_ERR_OK;
    if (core >= CORES_MAX) {
        return MON_ERR_NO_CORE;
    }
    struct channel *channel = &channels.of[core];
    thread_mutex_lock(&channels.mutex);
    if (channel->client && channel->client->gone && channel->users == 0) {
        rpc_disconnect(channel->client);
        channel->client = NULL;
    }
    if (!channel->client) {
        err = rpc_connect_at(core, "proc", &proc_interface, &channel->client);
        if (err_is_fail(err)) {
            channel->client = NULL;
        }
    }
    channel->users += err_is_ok(err);
    *client = channel->client;
    thread_mutex_unlock(&channels.mutex);
    return err;
}

errval_t process_client_of(domainid_t pid, struct rpc_client **client)
{
    errval_t err = process_client_get(process_core(pid), client);
    return process_has_no_core(err) ? err_push(err, PROC_ERR_NO_PROCESS) : err;
}

bool process_has_no_core(errval_t err)
{
    while (err_is_fail(err) && err_no(err) != MON_ERR_NO_CORE) {
        err = err_pop(err);
    }
    return err_is_fail(err);
}

errval_t process_client_put(coreid_t core, errval_t err)
{
    thread_mutex_lock(&channels.mutex);
    channels.of[core].users--;
    thread_mutex_unlock(&channels.mutex);
    return err;
}

errval_t process_cores(uint64_t *running)
{
    struct rpc_client *monitor;
    errval_t err = rpc_init_channel(&monitor);
    return err_is_ok(err) ? monitor_cores(monitor, running) : err;
}
