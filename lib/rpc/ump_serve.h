/**
 * The sessions over UMP of this domain, for the loop of a server. With the baton.
 */
#ifndef LIB_RPC_UMP_SERVE_H
#define LIB_RPC_UMP_SERVE_H

#include <rpc/ump_link.h>

extern unsigned rpc_ump_session_count;

/**
 * Looks at all of them once, and handles at most one message of each. Ends early if it is not this thread's
 * turn any more, or `done`.
 *
 * \return false if there was nothing
 */
bool rpc_ump_sweep(const volatile bool *done);

/// True if all clients are on this core, so that nothing comes while nobody else runs.
bool rpc_ump_all_local(void);

/// Asks all clients to wake us. \return false if something is there already: the caller must not sleep
bool rpc_ump_sleep(void);

/* ump_session.c */

extern unsigned rpc_ump_replies_waiting; ///< For room, in all sessions.

/// Sends what waits, as far as there is room.
void rpc_ump_flush(struct rpc_ump *ump);

void rpc_ump_forget_replies(struct rpc_ump *ump);

/// Answers a call of numbers. The session may be cut.
void rpc_ump_reply_words(struct rpc_session *session, unsigned words, const struct lmp_message *m);

/* As in struct rpc_link. */

void rpc_ump_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                   bool at_once);
void rpc_ump_end(struct rpc_session *session);

#endif
