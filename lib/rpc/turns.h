/**
 * The loop of a server that has channels in shared memory as well: messages of its core and those of others
 * take turns.
 */
#ifndef LIB_RPC_TURNS_H
#define LIB_RPC_TURNS_H

#include <rpc/ump_serve.h>
#include <ump/registry.h>

/// Is there anything in shared memory to look at?
static inline bool turns_are_taken(void)
{
    return rpc_ump_session_count || ump_registered;
}

/**
 * Takes messages while there is, and for as long as it is this thread's turn: of each session over UMP one,
 * then some of this core. Waits as the axis `ump` says. With the baton, but while it waits.
 *
 * \param done may be NULL; else it ends when that is true
 */
void turns_take(const volatile bool *done);

#endif
