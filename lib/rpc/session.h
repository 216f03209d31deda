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

/// Frees the byte arrays that go with a reply.
void session_free_owned(struct rpc_message *reply);

/// Answers a deferred call, if there is one of this number, with an error; whoever deferred it may forget it.
void session_give_up_call(struct rpc_session *session, uint32_t id);

/// Over LMP: sends a piece of the bytes of a reply, in answer to `request`.
void session_reply_piece(struct rpc_session *session, uint64_t request, const struct rpc_message *piece,
                         size_t bytes);

/// For how many bytes of a call memory is taken.
size_t session_call_limit(const struct rpc_session *session);

/// A message with all that it brought.
struct rpc_arrival {
    const struct lmp_message *m;
    uint64_t header;
    unsigned cap_count;
    struct capref caps[RPC_MAX_CAPS];
    uint8_t *data; ///< Over UMP: its bytes, from malloc(), or NULL if there are none or `err` says why not.
    errval_t err;
};

/// Handles a message over UMP that is not a call of numbers alone. The session may be gone then.
void session_handle_arrival(struct rpc_session *session, struct rpc_arrival *arrival);

/// Handles a message of one core that is not a call of numbers alone.
void session_handle(struct rpc_session *session, const struct lmp_message *m);

#endif
