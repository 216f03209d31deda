#include <aos/sync.h>
#include <interfaces/proc.h>
#include <process/client.h>

static struct {
    struct thread_mutex mutex; ///< Held while the channel is opened.
    struct rpc_client *client;
    unsigned users; ///< Calls that are under way.
} channel;

errval_t process_client_get(struct rpc_client **client)
{
    errval_t err = SYS_ERR_OK;
    thread_mutex_lock(&channel.mutex);
    if (channel.client && channel.client->gone && channel.users == 0) {
        rpc_disconnect(channel.client);
        channel.client = NULL;
    }
    if (!channel.client) {
        err = rpc_connect("proc", &proc_interface, &channel.client);
        if (err_is_fail(err)) {
            channel.client = NULL;
        }
    }
    channel.users += err_is_ok(err);
    *client = channel.client;
    thread_mutex_unlock(&channel.mutex);
    return err;
}

errval_t process_client_put(errval_t err)
{
    thread_mutex_lock(&channel.mutex);
    channel.users--;
    thread_mutex_unlock(&channel.mutex);
    return err;
}
