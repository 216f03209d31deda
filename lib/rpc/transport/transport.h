/**
 * How the bytes of messages travel that do not fit into registers: the axis `rpc`. Each value is a file here,
 * with rpc_transport_kind, put and get, and those of the others for which rpc/transport_defaults.c is not
 * enough.
 *
 * The bytes of a message are one stream, which travels in pieces: pieces of a call are pushed by the client,
 * pieces of a reply are pulled by it, each with a message of its own that is answered. So nobody waits for
 * the client. A transport that has room of its own for a piece lets the only piece ride along with the call
 * or the reply itself.
 */
#ifndef LIB_RPC_TRANSPORT_H
#define LIB_RPC_TRANSPORT_H

#include <rpc/wire.h>

struct rpc_client;
struct rpc_session;
struct rpc_transport;

struct rpc_transport_kind {
    size_t piece_bytes; ///< In one message; a multiple of 8.
    bool rides;         ///< A piece may come along with a call or a reply.
    size_t area_bytes;  ///< That each end's endpoint has for bytes.
};

extern const struct rpc_transport_kind rpc_transport_kind;

/// Words of a pushed or pulled piece that stand before its bytes: word 0, the header, and word 1.
#define RPC_PIECE_WORD 2

/**
 * Makes what the client's end needs, at its first use.
 *
 * \param ret     the state; may be NULL
 * \param attach  filled with the capabilities that the server's end needs, if any (RPC_ATTACH)
 */
errval_t rpc_transport_open(struct rpc_transport **ret, struct rpc_message *attach);

/// The server's end, from what RPC_ATTACH brought; the capabilities are its own then, whatever it returns.
errval_t rpc_transport_attach(struct rpc_transport **ret, struct rpc_message *attach);

/// NULL is fine.
void rpc_transport_close(struct rpc_transport *transport);

/**
 * Puts a piece of a message's bytes on its way with a wire.
 *
 * \param first  where the words of the message begin (RPC_FIRST_*): the bytes are what did not fit
 * \param scratch if it is not NULL on return: to be freed when the wire has been sent
 */
errval_t rpc_transport_put(struct rpc_transport *transport, const struct rpc_message *message, unsigned first,
                           size_t offset, size_t bytes, struct rpc_wire *wire, void **scratch);

/// Copies the piece that came with a message; its room may be used again then. \param bytes that it must have
errval_t rpc_transport_get(struct rpc_transport *transport, struct lmp_endpoint *endpoint,
                           const struct lmp_message *m, void *to, size_t bytes);

/// Where the piece lies, if nobody else can change it and it may be used there; else NULL.
const void *rpc_transport_look(struct lmp_endpoint *endpoint, size_t bytes);

/// The room for the piece that came may be used again.
void rpc_transport_done(struct lmp_endpoint *endpoint);

#endif
