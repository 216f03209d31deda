/**
 * Channels: two linked endpoints, so that each side hears from the kernel when the other is gone.
 */
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <rpc/link.h>
#include <rpc/transport/transport.h>
#include <stdlib.h>

errval_t rpc_chan_make(struct lmp_chan *chan, const struct rpc_interface *interface, struct capref *linked)
{
    size_t area = interface->has_bytes ? rpc_transport_kind.area_bytes : 0;
    return lmp_chan_accept_linked_with_area(chan, RPC_CALLS_UNDER_WAY * LMP_RING_SLOT_WORDS, area, linked);
}

errval_t rpc_provide_slots(struct lmp_chan *chan, unsigned wanted)
{
    while (lmp_chan_recv_slots(chan) < wanted) {
        struct capref slot;
        errval_t err = slot_alloc(&slot);
        if (err_is_fail(err)) {
            return err;
        }
        if (err_is_fail(lmp_chan_add_recv_slot(chan, slot))) {
            // The others are in use: for capabilities of messages that have come and are not taken yet.
            return slot_free(slot);
        }
    }
    return SYS_ERR_OK;
}

errval_t rpc_client_prepare(struct rpc_client *client, const struct rpc_interface *interface,
                            struct capref *linked)
{
    *client = (struct rpc_client){
        .link = &rpc_link_lmp,
        .calls_left = RPC_CALLS_UNDER_WAY,
        .caps_left = LMP_RECV_SLOTS,
    };
    errval_t err = rpc_chan_make(&client->chan, interface, linked);
    if (err_is_ok(err)) {
        client->chan.endpoint->client = client;
        lmp_endpoint_set_private(client->chan.endpoint, true);
    }
    return err;
}

void rpc_client_set_remote(struct rpc_client *client, struct capref remote)
{
    lmp_chan_set_remote(&client->chan, remote);
}

void rpc_client_send_only(struct rpc_client *client, struct capref remote)
{
    *client = (struct rpc_client){
        .link = &rpc_link_lmp,
        .chan.remote_cap = remote,
        .chan.call_target = get_cap_addr(remote),
    };
}

errval_t rpc_client_open_prepared(struct rpc_client *client, struct capref endpoint, struct capref linked)
{
    struct rpc_message message;
    struct rpc_wire wire;
    rpc_client_set_remote(client, endpoint);
    rpc_message_init(&message);
    rpc_add_cap(&message, linked, true);
    rpc_wire_init(&wire);
    rpc_pack(&message, RPC_FIRST_REQUEST, rpc_header(RPC_OPEN, 0, 0), &wire);
    errval_t err = rpc_wire_send(&client->chan, &wire, false).err;
    if (err_is_ok(err)) {
        rpc_free_given(&message);
    } else {
        rpc_delete_given(&message);
        rpc_client_close(client);
    }
    return rpc_error(err);
}

errval_t rpc_client_open(struct rpc_client *client, const struct rpc_interface *interface,
                         struct capref endpoint)
{
    struct capref linked;
    errval_t err = rpc_client_prepare(client, interface, &linked);
    return err_is_ok(err) ? rpc_client_open_prepared(client, endpoint, linked) : err;
}

void rpc_client_close(struct rpc_client *client)
{
    if (client->link) { // or it is closed already
        rpc_forget_calls(client);
        client->link->close(client);
        client->link = NULL;
    }
    client->gone = true;
}

void rpc_disconnect(struct rpc_client *client)
{
    if (client) {
        rpc_client_close(client);
        free(client);
    }
}
