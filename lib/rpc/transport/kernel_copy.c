/**
 * Bytes that the kernel copies with the message, from where they lie to an area behind the receiver's ring
 * (document C, extra challenge 2). The area is the receiver's own: nobody changes what it reads there, so it
 * is used in place.
 */
#include <aos/lmp_endpoints.h>
#include <rpc/transport/transport.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES 4096

const struct rpc_transport_kind rpc_transport_kind = {.piece_bytes = PIECE_BYTES,
                                                      .rides = true,
                                                      .area_bytes = PIECE_BYTES};

/// The kernel reads only what is mapped: memory that comes when it is touched is touched.
static void touch(const void *memory, size_t bytes)
{
    const volatile char *at = memory;
    for (size_t i = 0; i < bytes; i += BASE_PAGE_SIZE) {
        (void)at[i];
    }
    (void)at[bytes - 1];
}

errval_t rpc_transport_put(struct rpc_transport *transport, const struct rpc_message *message, unsigned first,
                           size_t offset, size_t bytes, struct rpc_wire *wire, void **scratch)
{
    (void)transport;
    const void *place = rpc_stream_in_place(message, first, offset, bytes);
    if (!place) {
        place = *scratch = malloc(bytes);
        if (!place) {
            return LIB_ERR_MALLOC_FAIL;
        }
        rpc_gather(message, first, offset, *scratch, bytes);
    }
    touch(place, bytes);
    wire->flags |= LMP_FLAG_BYTES | (wire->flags & LMP_FLAG_CAP ? 0 : LMP_CAPS(0));
    wire->bytes = place;
    wire->byte_count = bytes;
    return SYS_ERR_OK;
}

const void *rpc_transport_look(struct lmp_endpoint *endpoint, size_t bytes)
{
    size_t came;
    const void *area = lmp_endpoint_bytes(endpoint, &came);
    return came == bytes ? area : NULL;
}

void rpc_transport_done(struct lmp_endpoint *endpoint)
{
    lmp_endpoint_bytes_done(endpoint);
}

errval_t rpc_transport_get(struct rpc_transport *transport, struct lmp_endpoint *endpoint,
                           const struct lmp_message *m, void *to, size_t bytes)
{
    (void)transport;
    (void)m;
    const void *area = rpc_transport_look(endpoint, bytes);
    if (area) {
        memcpy(to, area, bytes);
    }
    rpc_transport_done(endpoint);
    return area ? SYS_ERR_OK : RPC_ERR_PROTOCOL;
}
