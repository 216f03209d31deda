/**
 * The service's side of channels on one core.
 */
#include <rpc/lmp_link.h>
#include <rpc/serving.h>
#include <rpc/transport/transport.h>

/// The bytes of a reply that does not fit: with it, or kept until they are fetched.
static errval_t reply_bytes(struct rpc_session *session, uint64_t request, const struct rpc_message *reply,
                            struct rpc_wire *wire, void **scratch)
{
    size_t stream = rpc_stream_bytes(reply, RPC_FIRST_REPLY);
    if (stream > RPC_MAX_BYTES) {
        return RPC_ERR_TOO_LONG;
    }
    if (request & RPC_FLAG_ALONE && rpc_transport_kind.rides && stream <= rpc_transport_kind.piece_bytes) {
        wire->w[0] |= RPC_FLAG_RIDES;
        return rpc_transport_put(session->transport, reply, RPC_FIRST_REPLY, 0, stream, wire, scratch);
    }
    struct rpc_kept *kept = kept_create(session, rpc_header_id(request), true, stream);
    if (!kept) {
        return RPC_ERR_TOO_LONG;
    }
    rpc_gather(reply, RPC_FIRST_REPLY, 0, kept->data, stream);
    return SYS_ERR_OK;
}

static void begin_reply(struct rpc_wire *wire, uint64_t header, errval_t err)
{
    rpc_wire_init(wire);
    wire->w[0] = header;
    wire->w[1] = err;
    wire->words = RPC_FIRST_REPLY;
}

void lmp_link_reply_failed(struct rpc_session *session, uint64_t header, errval_t err)
{
    struct rpc_wire wire;
    begin_reply(&wire, rpc_header(RPC_REPLY, rpc_header_method(header), rpc_header_id(header)),
                RPC_ERR_PEER_GONE);
    if (err_no(err) != SYS_ERR_LMP_CAP_SOURCE
        || err_is_fail(rpc_wire_send(&session->chan, &wire, false).err)) {
        rpc_session_cut(session);
    }
}

/// Sends what is ready.
static errval_t send(struct rpc_session *session, const struct rpc_wire *wire)
{
    if (session->is_cut) {
        return RPC_ERR_PEER_GONE;
    }
    errval_t err = rpc_wire_send(&session->chan, wire, false).err;
    if (err_is_fail(err)) {
        lmp_link_reply_failed(session, wire->w[0], err);
    }
    return err;
}

void lmp_link_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                    bool at_once)
{
    const uint64_t header = rpc_header(RPC_REPLY, rpc_header_method(request), rpc_header_id(request));
    void *scratch = NULL;
    struct rpc_wire wire;
    begin_reply(&wire, header, err);
    if (err_is_ok(err) && reply && !rpc_pack(reply, RPC_FIRST_REPLY, header, &wire)) {
        err = reply_bytes(session, request, reply, &wire, &scratch);
        if (err_is_fail(err)) {
            begin_reply(&wire, header, err);
        }
    }
    errval_t sent = SYS_ERR_OK;
    if (at_once || !serving_send_later(session, &wire, err_is_ok(err) ? reply : NULL)) {
        sent = send(session, &wire);
    }
    if (reply && err_is_ok(err) && err_is_ok(sent)) {
        rpc_free_given(reply);
    } else if (reply) {
        rpc_delete_given(reply);
    }
    if (reply) {
        session_free_owned(reply);
    }
    serving_free(scratch);
}

void session_reply_piece(struct rpc_session *session, uint64_t request, const struct rpc_message *piece,
                         size_t bytes)
{
    struct rpc_wire wire;
    void *scratch = NULL;
    begin_reply(&wire, rpc_header(RPC_REPLY, rpc_header_method(request), rpc_header_id(request)), SYS_ERR_OK);
    errval_t err = rpc_transport_put(session->transport, piece, RPC_FIRST_REPLY, 0, bytes, &wire, &scratch);
    wire.w[1] = err;
    if (!serving_send_later(session, &wire, NULL)) {
        send(session, &wire);
    }
    serving_free(scratch);
}

void lmp_link_end(struct rpc_session *session)
{
    rpc_transport_close(session->transport);
    session->transport = NULL;
    lmp_chan_destroy(&session->chan);
}
