/**
 * Starting processes.
 */
#ifndef PROC_START_H
#define PROC_START_H

#include "table.h"

#include <aos/rpc_server.h>

/// What is to be started.
struct start {
    domainid_t parent;
    const char *path;
    const void *arguments; ///< Packed, as in interfaces/proc.rpc.
    size_t arguments_bytes;
    uint32_t argument_count, environment_count;
    uint32_t core;
    uint64_t ram_quota;
    uint32_t processes;
    uint32_t flags;
    struct capref grant; ///< Or NULL_CAP; it stays the caller's.
};

/// Before all others.
void start_init(void);

/**
 * Does that, at once or, if too many are being started, later.
 *
 * \param start   what it points to need not outlive the call; the grant is the callee's from now on
 * \param answer  sends the answer of a call of this kind
 * \return SYS_ERR_OK and `pid`, why not, or RPC_LATER. Blocks on init and on the memory server
 */
errval_t start_process(struct rpc_session *session, const struct start *start,
                       void (*answer)(struct rpc_call *call, errval_t err, uint32_t pid), uint32_t *pid);

#endif
