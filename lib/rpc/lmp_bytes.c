/**
 * The client's side of channels on one core. Bytes that do not fit into registers go with the transport of
 * the axis `rpc`, in pieces ahead of a call and behind a reply.
 */
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <rpc/lmp_link.h>
#include <rpc/transport/transport.h>
#include <stdlib.h>

/// The bytes of a received message are not used any more: others may use the channel's room for them.
static void finish_in_place(struct rpc_message *message)
{
    struct rpc_client *client = message->owner;
    rpc_transport_done(client->chan.endpoint);
    thread_mutex_unlock_nested(&client->bytes_mutex);
}

/// A request of the runtime's own about the bytes of call `id`, which is answered with an error value.
static errval_t ask(struct rpc_client *client, struct rpc_wire *wire, struct rpc_incoming *in)
{
    errval_t err = rpc_exchange(client, wire, 0, in);
    if (err_is_ok(err) && lmp_header_words(in->m.header) < RPC_FIRST_REPLY) {
        err = RPC_ERR_PROTOCOL;
    }
    return err_is_ok(err) ? in->m.w1 : err;
}

/// Gives the server's end of the transport what it needs. With the bytes' mutex held.
static errval_t open_transport(struct rpc_client *client)
{
    struct rpc_message attach;
    struct rpc_incoming in;
    rpc_message_init(&attach);
    errval_t err = rpc_transport_open(&client->transport, &attach);
    if (err_is_ok(err) && attach.cap_count) {
        struct rpc_wire wire = {0};
        rpc_pack(&attach, RPC_FIRST_REQUEST, rpc_header(RPC_ATTACH, 0, rpc_next_id(client)), &wire);
        err = ask(client, &wire, &in);
        rpc_delete_given(&attach); // or only the slots of what was sent
    }
    if (err_is_fail(err)) {
        rpc_transport_close(client->transport);
        client->transport = NULL;
        return err_push(err, RPC_ERR_TRANSPORT);
    }
    client->has_transport = true;
    return SYS_ERR_OK;
}

/// Sends the piece of a call's bytes that begins at `offset`, ahead of the call.
static errval_t push(struct rpc_client *client, const struct rpc_message *call, uint64_t header,
                     size_t offset, size_t bytes, size_t total)
{
    struct rpc_incoming in;
    void *scratch = NULL;
    struct rpc_wire wire = {
        .words = RPC_PIECE_WORD,
        .w = {rpc_header(RPC_PUSH, rpc_header_method(header), rpc_header_id(header)), offset | total << 32},
    };
    errval_t err =
        rpc_transport_put(client->transport, call, RPC_FIRST_REQUEST, offset, bytes, &wire, &scratch);
    if (err_is_ok(err)) {
        err = ask(client, &wire, &in);
    }
    free(scratch);
    return err;
}

/**
 * Brings the bytes of a call on their way: in pieces ahead of it, and the last one with the call itself if it
 * may ride.
 */
static errval_t push_bytes(struct rpc_client *client, const struct rpc_message *call, bool rides,
                           struct rpc_wire *wire, void **scratch)
{
    size_t total = rpc_stream_bytes(call, RPC_FIRST_REQUEST), piece = rpc_transport_kind.piece_bytes;
    size_t offset = 0;
    while (offset < total && !(rides && total - offset <= piece)) {
        size_t bytes = total - offset < piece ? total - offset : piece;
        errval_t err = push(client, call, wire->w[0], offset, bytes, total);
        if (err_is_fail(err)) {
            return err;
        }
        offset += bytes;
    }
    if (offset == total) {
        return SYS_ERR_OK;
    }
    wire->w[0] |= RPC_FLAG_RIDES;
    return rpc_transport_put(client->transport, call, RPC_FIRST_REQUEST, offset, total - offset, wire,
                             scratch);
}

static errval_t pull(struct rpc_client *client, uint64_t header, uint8_t *data, size_t bytes)
{
    size_t offset = 0;
    errval_t err = SYS_ERR_OK;
    while (offset < bytes && err_is_ok(err)) {
        struct rpc_incoming in;
        struct rpc_wire wire = {
            .words = RPC_PIECE_WORD,
            .w = {rpc_header(RPC_PULL, rpc_header_method(header), rpc_header_id(header)), offset},
        };
        size_t piece = rpc_transport_kind.piece_bytes;
        piece = bytes - offset < piece ? bytes - offset : piece;
        thread_mutex_lock_nested(&client->bytes_mutex);
        err = ask(client, &wire, &in);
        if (err_is_ok(err)) {
            err = rpc_transport_get(client->transport, client->chan.endpoint, &in.m, data + offset, piece);
        }
        thread_mutex_unlock_nested(&client->bytes_mutex);
        offset += piece;
    }
    return err;
}

/// The bytes of a reply: in place, copied from the room for bytes, or pulled.
static errval_t receive_bytes(struct rpc_client *client, const struct rpc_incoming *in, size_t stream,
                              bool *held, struct rpc_message *reply)
{
    const void *place = NULL;
    errval_t err = SYS_ERR_OK;
    bool came = in->m.w0 & RPC_FLAG_RIDES;
    if (came && (!*held || stream > rpc_transport_kind.piece_bytes)) {
        return RPC_ERR_PROTOCOL;
    }
    if (came) {
        place = rpc_transport_look(client->chan.endpoint, stream);
    }
    if (place) {
        reply->finish = finish_in_place;
        reply->owner = client;
        *held = false; // rpc_message_release() lets go of it
    } else {
        place = reply->buffer = malloc(ROUND_UP(stream, sizeof(uint64_t)));
        if (!place) {
            err = LIB_ERR_MALLOC_FAIL;
        } else if (came) {
            err = rpc_transport_get(client->transport, client->chan.endpoint, &in->m, reply->buffer, stream);
        } else {
            err = pull(client, in->m.w0, reply->buffer, stream);
        }
    }
    if (err_is_ok(err) && !rpc_take_stream(reply, RPC_FIRST_REPLY, place, stream)) {
        err = RPC_ERR_PROTOCOL;
    }
    return err;
}

/// Takes a reply apart. \param held set to false if the message keeps the bytes' mutex
static errval_t receive(struct rpc_client *client, const struct rpc_incoming *in, bool *held,
                        struct rpc_message *reply)
{
    size_t stream;
    errval_t err = rpc_open_reply(in, reply, &stream);
    for (unsigned i = 0; i < in->cap_count; i++) {
        reply->caps[reply->cap_count++] = in->caps[i];
    }
    if (err_is_ok(err) && stream) {
        err = receive_bytes(client, in, stream, held, reply);
    }
    if (err_is_fail(err)) {
        rpc_message_drop(reply);
    }
    return err;
}

/// Sends, waits, and takes the reply apart. \param held the bytes' mutex is
static errval_t carry_out(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                          unsigned caps, bool *held, struct rpc_message *reply)
{
    struct rpc_incoming in;
    errval_t err = rpc_exchange(client, wire, caps, &in);
    if (err_is_fail(err)) {
        return err;
    }
    // Whatever the service says: it has them.
    rpc_free_given(call);
    return receive(client, &in, held, reply);
}

/// A call whose bytes, or whose reply's, may not fit into registers.
static errval_t call_with_bytes(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                                unsigned caps, struct rpc_message *reply)
{
    void *scratch = NULL;
    errval_t err = SYS_ERR_OK;
    bool alone = rpc_is_plain() && rpc_transport_kind.rides;
    thread_mutex_lock_nested(&client->bytes_mutex);
    bool held = true;
    if (!client->has_transport) {
        err = open_transport(client);
    }
    wire->w[0] |= alone ? RPC_FLAG_ALONE : 0;
    if (err_is_ok(err) && wire->w[0] & RPC_FLAG_BYTES) {
        err = push_bytes(client, call, alone, wire, &scratch);
    }
    if (!alone) {
        thread_mutex_unlock_nested(&client->bytes_mutex);
        held = false;
    }
    if (err_is_ok(err)) {
        err = carry_out(client, call, wire, caps, &held, reply);
    }
    free(scratch);
    if (held) {
        thread_mutex_unlock_nested(&client->bytes_mutex);
    }
    return err;
}

errval_t lmp_link_call(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                       bool may_bytes, unsigned caps, struct rpc_message *reply)
{
    bool held = false;
    return may_bytes ? call_with_bytes(client, call, wire, caps, reply)
                     : carry_out(client, call, wire, caps, &held, reply);
}
