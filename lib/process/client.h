/**
 * The channel to the process server, for lib/process.
 */
#ifndef LIB_PROCESS_CLIENT_H
#define LIB_PROCESS_CLIENT_H

#include <aos/rpc.h>

/// A channel to the process server that is there until it is put back.
errval_t process_client_get(struct rpc_client **client);

/// Puts it back. \param err what the call returned, which this returns too
errval_t process_client_put(errval_t err);

#endif
