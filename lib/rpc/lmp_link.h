/**
 * The parts of the link over LMP, for lib/rpc.
 */
#ifndef LIB_RPC_LMP_LINK_H
#define LIB_RPC_LMP_LINK_H

#include <rpc/link.h>

/* As in struct rpc_link. */

errval_t lmp_link_call(struct rpc_client *client, struct rpc_message *call, struct rpc_wire *wire,
                       bool may_bytes, unsigned caps, struct rpc_message *reply);
void lmp_link_reply(struct rpc_session *session, uint64_t request, errval_t err, struct rpc_message *reply,
                    bool at_once);
void lmp_link_end(struct rpc_session *session);

#endif
