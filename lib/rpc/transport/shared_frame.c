/**
 * Bytes in a frame that both sides map (document C, extra challenge 3; document B, 7.6). The frame is the
 * client's, which may change it at any time, or end and take it along: the server only ever copies, with
 * copies that survive that.
 */
#include <aos/capabilities.h>
#include <aos/paging.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <rpc/guarded_copy.h>
#include <rpc/transport/transport.h>
#include <stdlib.h>

#define FRAME_BYTES 0x10000UL

const struct rpc_transport_kind rpc_transport_kind = {.piece_bytes = FRAME_BYTES, .rides = true};

struct rpc_transport {
    struct capref frame;
    void *shared;
    bool is_own; ///< The frame is ours.
};

/// The memory as it is: capabilities that went with the other side are no error.
void rpc_transport_close(struct rpc_transport *transport)
{
    if (!transport) {
        return;
    }
    if (transport->shared) {
        paging_unmap(get_current_paging_state(), transport->shared);
    }
    if (transport->is_own) {
        cap_revoke(transport->frame);
        ram_free(transport->frame);
    } else {
        cap_discard(transport->frame);
    }
    free(transport);
}

static errval_t map(struct rpc_transport *transport)
{
    return paging_map_frame_attr(get_current_paging_state(), &transport->shared, FRAME_BYTES,
                                 transport->frame, VREGION_FLAGS_READ_WRITE);
}

/// A copy of the frame, for giving away.
static errval_t grant(const struct rpc_transport *transport, struct rpc_message *attach)
{
    struct capref copy;
    errval_t err = slot_alloc(&copy);
    if (err_is_fail(err)) {
        return err;
    }
    err = cap_grant(copy, transport->frame);
    if (err_is_fail(err)) {
        slot_free(copy);
        return err;
    }
    rpc_add_cap(attach, copy, true);
    return SYS_ERR_OK;
}

errval_t rpc_transport_open(struct rpc_transport **ret, struct rpc_message *attach)
{
    struct rpc_transport *transport = calloc(1, sizeof(*transport));
    if (!transport) {
        return LIB_ERR_MALLOC_FAIL;
    }
    errval_t err = frame_alloc(&transport->frame, FRAME_BYTES, NULL);
    if (err_is_fail(err)) {
        free(transport);
        return err;
    }
    transport->is_own = true;
    err = map(transport);
    if (err_is_ok(err)) {
        err = grant(transport, attach);
    }
    if (err_is_fail(err)) {
        rpc_transport_close(transport);
        return err;
    }
    *ret = transport;
    return SYS_ERR_OK;
}

errval_t rpc_transport_attach(struct rpc_transport **ret, struct rpc_message *attach)
{
    struct capability_info info;
    if (attach->cap_count != 1 || err_is_fail(cap_identify(attach->caps[0], &info))
        || info.type != ObjType_Frame || info.bytes != FRAME_BYTES) {
        rpc_message_drop(attach);
        return RPC_ERR_PROTOCOL;
    }
    struct rpc_transport *transport = calloc(1, sizeof(*transport));
    if (!transport) {
        rpc_message_drop(attach);
        return LIB_ERR_MALLOC_FAIL;
    }
    transport->frame = attach->caps[0];
    errval_t err = map(transport);
    if (err_is_fail(err)) {
        rpc_transport_close(transport);
        return err;
    }
    *ret = transport;
    return SYS_ERR_OK;
}

errval_t rpc_transport_put(struct rpc_transport *transport, const struct rpc_message *message, unsigned first,
                           size_t offset, size_t bytes, struct rpc_wire *wire, void **scratch)
{
    (void)wire;
    if (!transport || bytes > FRAME_BYTES) {
        return RPC_ERR_PROTOCOL;
    }
    if (transport->is_own) {
        rpc_gather(message, first, offset, transport->shared, bytes);
        return SYS_ERR_OK;
    }
    const void *place = rpc_stream_in_place(message, first, offset, bytes);
    if (!place) {
        place = *scratch = malloc(bytes);
        if (!place) {
            return LIB_ERR_MALLOC_FAIL;
        }
        rpc_gather(message, first, offset, *scratch, bytes);
    }
    return rpc_guarded_copy(transport->shared, place, bytes) ? SYS_ERR_OK : RPC_ERR_PEER_GONE;
}

errval_t rpc_transport_get(struct rpc_transport *transport, struct lmp_endpoint *endpoint,
                           const struct lmp_message *m, void *to, size_t bytes)
{
    (void)endpoint;
    (void)m;
    if (!transport || bytes > FRAME_BYTES) {
        return RPC_ERR_PROTOCOL;
    }
    return rpc_guarded_copy(to, transport->shared, bytes) ? SYS_ERR_OK : RPC_ERR_PEER_GONE;
}
