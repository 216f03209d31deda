/**
 * Who waits for ends of processes: calls that are answered then, and observers that are told. Each belongs to
 * the client that asked, and goes with it.
 */
#ifndef PROC_WATCH_H
#define PROC_WATCH_H

#include "table.h"

#include <aos/rpc_server.h>

/// What is kept for a client: the state of its session.
struct client {
    struct watch *watches;
    unsigned watch_count;
};

/// Has the call that is being handled wait for the end of a process, or with NULL for that of any child of
/// the caller's. \return RPC_LATER, or PROC_ERR_LIMIT
errval_t watch_call(struct rpc_session *session, struct process *process, struct process *caller);

/// Has an endpoint told of the end of a process, or with NULL of every end. It is the callee's then. \return
/// SYS_ERR_OK, or PROC_ERR_LIMIT; then it is still the caller's
errval_t watch_observe(struct rpc_session *session, struct process *process, struct capref endpoint);

/// Tells those who watch the process that it has ended. \return true if its parent was among them
bool watch_tell(struct process *process);

/// Tells those who watch every process.
void watch_tell_everybody(const struct process *process);

/// Tells a call that waits for any child. \return false if there is none
bool watch_tell_parent(struct process *parent, const struct process *child);

/// There are no children to wait for any more: calls that do so hear that.
void watch_tell_childless(struct process *parent);

/// The client is gone.
void watch_drop_client(struct client *client);

/// How many there are.
unsigned watch_count(void);

#endif
