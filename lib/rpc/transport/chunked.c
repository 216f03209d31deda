/**
 * Bytes in the registers of messages: six words at a time. Needs no memory, and costs a round trip for each
 * 48 bytes.
 */
#include <rpc/transport/transport.h>
#include <string.h>

#define PIECE_BYTES ((LMP_MSG_WORDS - RPC_PIECE_WORD) * sizeof(uint64_t))

const struct rpc_transport_kind rpc_transport_kind = {.piece_bytes = PIECE_BYTES};

errval_t rpc_transport_put(struct rpc_transport *transport, const struct rpc_message *message, unsigned first,
                           size_t offset, size_t bytes, struct rpc_wire *wire, void **scratch)
{
    (void)transport;
    (void)scratch;
    rpc_gather(message, first, offset, &wire->w[RPC_PIECE_WORD], bytes);
    wire->words = RPC_PIECE_WORD + (unsigned)((bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t));
    return SYS_ERR_OK;
}

errval_t rpc_transport_get(struct rpc_transport *transport, struct lmp_endpoint *endpoint,
                           const struct lmp_message *m, void *to, size_t bytes)
{
    (void)transport;
    (void)endpoint;
    const uint64_t words[] = {m->w2, m->w3, m->w4, m->w5, m->w6, m->w7};
    if (bytes > PIECE_BYTES
        || lmp_header_words(m->header) * sizeof(uint64_t) < 2 * sizeof(uint64_t) + bytes) {
        return RPC_ERR_PROTOCOL;
    }
    memcpy(to, words, bytes);
    return SYS_ERR_OK;
}
