/**
 * Domains that a test domain has started, by interface `test` (interfaces/test.rpc).
 */
#ifndef INIT_STARTED_H
#define INIT_STARTED_H

#include <aos/rpc_server.h>

errval_t started_start(struct rpc_session *session, const char *arguments, uint64_t ram_bytes, uint32_t *pid);
errval_t started_kill(struct rpc_session *session, uint32_t pid);

/// Answers when the domain has ended.
errval_t started_wait(struct rpc_session *session, uint32_t pid, uint32_t *reason, uint64_t *value);

#endif
