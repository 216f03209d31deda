/**
 * The parts of the link over LMP, for lib/rpc.
 */
#ifndef LIB_RPC_LMP_LINK_H
#define LIB_RPC_LMP_LINK_H

#include <rpc/link.h>

/* As in struct rpc_link. */

errval_t lmp_link_call(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                       bool may_bytes, unsigned caps, struct rpc_message *reply);
/**
 * A reply could not be sent. If what it was to give has gone, with whom that came from, the client is told
 * so, by RPC_ERR_PEER_GONE, and is not to blame. Else it has no room for the reply, though it holds as many
 * as it may have calls under way, or has ended: it is cut off.
 */
void lmp_link_reply_failed(struct rpc_session *session, uint64_t header, errval_t err);

void lmp_link_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                    bool at_once);
void lmp_link_end(struct rpc_session *session);

#endif
