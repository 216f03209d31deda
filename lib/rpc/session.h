/**
 * Sessions and what they keep, for lib/rpc. The baton is held (rpc/serving.h).
 */
#ifndef LIB_RPC_SESSION_H
#define LIB_RPC_SESSION_H

#include <aos/rpc_server.h>
#include <rpc/wire.h>

/// A call that is answered later.
struct rpc_call {
    struct rpc_session *session; ///< NULL if the client is gone.
    uint64_t header;
    struct rpc_call *next; ///< Of the session.
};

/// Bytes of a call that come in pieces, or of a reply that are fetched in pieces.
struct rpc_kept {
    uint32_t id;
    bool outgoing;
    size_t total;
    size_t done; ///< So much has come.
    struct rpc_kept *next;
    _Alignas(uint64_t) uint8_t data[];
};

/// The call whose handler runs, if one does: `session` means nothing while this domain waits for messages.
struct rpc_handling {
    struct rpc_session *session;
    uint64_t header;
};

extern struct rpc_handling rpc_handling;

/// Between these two the session stays, even if it is cut.
void session_enter(struct rpc_session *session);
void session_leave(struct rpc_session *session);

/// No handler runs any more: the session goes, if it was cut.
void session_handled(struct rpc_session *session);

/// Receive slots for what the next messages may bring.
errval_t session_provide_slots(struct rpc_session *session);

/// Makes room for bytes of call `id`. \return NULL if the session keeps too much already, or there is no
/// memory
struct rpc_kept *kept_create(struct rpc_session *session, uint32_t id, bool outgoing, size_t total);
struct rpc_kept *kept_find(struct rpc_session *session, uint32_t id, bool outgoing);
/// Takes it out of the session. The caller frees it.
void kept_take(struct rpc_session *session, struct rpc_kept *kept);
void kept_drop_all(struct rpc_session *session);

/**
 * Sends a reply, now or when the handler has returned. A client that does not take it is cut off.
 *
 * \param request header of the call
 * \param reply   what was to be given has left, or was deleted, and owned bytes are freed; NULL for none
 */
void session_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply);

/**
 * A reply could not be sent. If what it was to give has gone, with whom that came from, the client is told
 * so, by RPC_ERR_PEER_GONE, and is not to blame. Else it has no room for the reply, though it holds as many
 * as it may have calls under way, or has ended: it is cut off.
 */
void session_reply_failed(struct rpc_session *session, uint64_t header, errval_t err);

/// Answers a deferred call, if there is one of this number, with an error; whoever deferred it may forget it.
void session_give_up_call(struct rpc_session *session, uint32_t id);

/// Sends a piece of the bytes of a reply, in answer to `request`.
void session_reply_piece(struct rpc_session *session, uint64_t request, const struct rpc_message *piece,
                         size_t bytes);

/// Handles a message that is not a call of numbers alone.
void session_handle(struct rpc_session *session, const struct lmp_message *m);

#endif
