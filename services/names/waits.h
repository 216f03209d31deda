/**
 * Calls that wait for a name.
 */
#ifndef NAMES_WAITS_H
#define NAMES_WAITS_H

#include "clients.h"

/// Has the call that is being handled wait. \return RPC_LATER, NAMES_ERR_LIMIT, or LIB_ERR_MALLOC_FAIL
errval_t wait_begin(struct rpc_session *session, const char *name);

/// There is an entry: those who wait for its name are told. A client that does not take its answer is cut
/// off, and its names go: the entry may be gone when this returns.
void wait_tell(const struct entry *entry);

/// The client is gone.
void wait_drop_client(struct client *client);

/// How many there are.
unsigned wait_count(void);

#endif
