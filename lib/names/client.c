#include <aos/threads.h>
#include <aos_rpc/channel.h>
#include <names/client.h>

static struct aos_rpc channel = {.service = "names", .interface = &names_interface};

void names_call_end(struct names_call *call)
{
    call->err = aos_rpc_end(call->chan, call->err);
    call->chan = NULL;
}

bool names_call(struct names_call *call)
{
    if (call->chan) {
        names_call_end(call);
        if (err_no(call->err) != RPC_ERR_PEER_GONE) {
            return false;
        }
    }
    while (call->tries++ < NAMES_TRIES) {
        struct aos_rpc *chan = &channel;
        call->err = aos_rpc_begin(&chan, &names_interface, &call->client);
        if (err_is_ok(call->err)) {
            call->chan = chan;
            return true;
        }
        // The last of the others who still use a channel that is gone closes it.
        if (err_no(call->err) != RPC_ERR_PEER_GONE) {
            return false;
        }
        thread_yield();
    }
    return false;
}
