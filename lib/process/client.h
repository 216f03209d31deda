/**
 * The channels to the process servers, for lib/process: each core has one, which knows the processes of that
 * core.
 */
#ifndef LIB_PROCESS_CLIENT_H
#define LIB_PROCESS_CLIENT_H

#include <aos/process.h>
#include <aos/rpc.h>

/// A channel to the process server of a core, that is there until it is put back. \return also
/// MON_ERR_NO_CORE, perhaps below others
errval_t process_client_get(coreid_t core, struct rpc_client **client);

/// The same for the core of a process. \return PROC_ERR_NO_PROCESS if there is no such core
errval_t process_client_of(domainid_t pid, struct rpc_client **client);

/// True if an error says that there is no such core.
bool process_has_no_core(errval_t err);

/// Puts it back. \param err what the call returned, which this returns too
errval_t process_client_put(coreid_t core, errval_t err);

/// The cores that run: bit n is core n.
errval_t process_cores(uint64_t *running);

/* children.c */

/// This process has, or is going to have, a child on a core.
void process_note_child(coreid_t core);

/// Takes the end of a child that has come already, by process_wait_any(). \return false if there is none
bool process_take_end(domainid_t pid, struct process_end *end);

/// Waits on one core. \param pid or PROC_ANY_CHILD
errval_t process_wait_on(coreid_t core, domainid_t pid, domainid_t *ended, struct process_end *end);

#endif
