/**
 * What the straight way of a call needs of the client's side over UMP.
 */
#ifndef LIB_RPC_UMP_CLIENT_H
#define LIB_RPC_UMP_CLIENT_H

#include <rpc/ump_link.h>

extern const struct rpc_link rpc_link_ump;

/**
 * A call of numbers by the only thread of its domain: a slot there and a slot back.
 *
 * \param word RPC_REGISTER_WORDS of them, of which `words` are arguments
 * \return false if that is not possible now; nothing was sent then
 */
bool rpc_ump_call_numbers(struct rpc_client *client, uint64_t header, unsigned words, const uint64_t *word,
                          struct lmp_message *reply);

#endif
