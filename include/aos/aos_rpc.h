/**
 * The calls of document C (4.4), and those that documents A and B added: a thin layer over the functions that
 * are generated from interfaces/NAME.rpc, under the documents' names and signatures. New programs may as well
 * call those functions.
 *
 * Every function blocks until the answer is there. It returns SYS_ERR_OK, an error of the service, or of the
 * channel: RPC_ERR_PEER_GONE if the service ended during the call, which may or may not have had its effect
 * then; RPC_ERR_DEADLINE if the thread has a deadline (rpc_set_deadline()); and what rpc_connect() returns,
 * as a channel is opened by the first call, and by the next one after the service has ended. Nothing that a
 * pointer names for a result is touched on failure.
 *
 * Document C lets one channel, that to init, serve everything. Here each service has a channel of its own; a
 * call on the channel to init that is not for init goes over the domain's channel to the right service. On
 * any other channel it gives RPC_ERR_INTERFACE.
 */
#ifndef AOS_AOS_RPC_H
#define AOS_AOS_RPC_H

#include <aos/process.h>
#include <aos/rpc.h>

/// A channel to a service, for any number of threads. Made by aos_rpc_init() or one of the
/// aos_rpc_get_*_channel().
struct aos_rpc {
    const char *service;                   ///< Its name; NULL: init.
    const struct rpc_interface *interface; ///< What is spoken.
    struct thread_mutex mutex;             ///< For what follows; not held during calls.
    struct rpc_client *client;             ///< NULL while it is not open.
    unsigned users;                        ///< Calls that use it now.
    bool is_gone;                          ///< The service has ended: the last of them closes it.
};

/* Channels. */

/// Makes a channel to init (document C, 4.4). \return SYS_ERR_OK, or why there is none
errval_t aos_rpc_init(struct aos_rpc *rpc);

/// What get_init_rpc() gives from now on; it must stay where it is (document C, 4.4). NULL: the domain's own.
void set_init_rpc(struct aos_rpc *rpc);

/// The channel to init. Never NULL.
struct aos_rpc *get_init_rpc(void);

/// The domain's channels to init and to the three services (document A, 6.2). Never NULL, and nothing is
/// sent.
struct aos_rpc *aos_rpc_get_init_channel(void);
struct aos_rpc *aos_rpc_get_memory_channel(void);
struct aos_rpc *aos_rpc_get_process_channel(void);
struct aos_rpc *aos_rpc_get_serial_channel(void);

/* init (document C, 4.4). */

/// Says a number to init, which prints it.
errval_t aos_rpc_send_number(struct aos_rpc *chan, uintptr_t val);

/// Says a string of any length up to RPC_MAX_BYTES to init, which prints it as a line.
errval_t aos_rpc_send_string(struct aos_rpc *chan, const char *string);

/* Memory (document C, 5). */

/**
 * Asks the memory server for RAM.
 *
 * \param bytes     at least 1; it is rounded up to a size that RAM comes in
 * \param retcap    set to a slot of the caller's
 * \param ret_bytes set to the size of what came; may be NULL
 * \return also MEM_ERR_QUOTA, MEM_ERR_EXHAUSTED or MEM_ERR_ARGUMENT
 */
errval_t aos_rpc_get_ram_cap(struct aos_rpc *chan, size_t bytes, struct capref *retcap, size_t *ret_bytes);

/// The same, at a multiple of `alignment` bytes, a power of two. (The reports' version of the call has the
/// argument; document C's has not, and its name stays.)
errval_t aos_rpc_get_ram_cap_aligned(struct aos_rpc *chan, size_t bytes, size_t alignment,
                                     struct capref *retcap, size_t *ret_bytes);

/* The console (document C, 4.4 and 6; document A, 3.2.7). */

/// Writes a character. It is on the console when its line is at its end (docs/services.md).
errval_t aos_rpc_serial_putchar(struct aos_rpc *chan, char c);

/// Waits for a character from the console. \return also SERIAL_ERR_NO_INPUT if the console has no input
errval_t aos_rpc_serial_getchar(struct aos_rpc *chan, char *retc);

/// Writes text of any length, not ended by a 0. Text of other domains may come between lines of it.
errval_t aos_rpc_serial_write(struct aos_rpc *chan, const char *text, size_t bytes);

/// Returns when everything that was written is on the console, also what is not the end of a line.
errval_t aos_rpc_serial_flush(struct aos_rpc *chan);

/* Processes (document A, 3.2.5; document B, 8.3); <aos/process.h> has the same without a channel, and more.
 */

/**
 * Starts a process from a boot module.
 *
 * \param name   of the module; words behind it, divided by blanks, are arguments; the environment is ours
 * \param core   to run on
 * \param newpid set to the process's number; may be NULL
 * \return also SPAWN_ERR_FIND_MODULE, SPAWN_ERR_LOAD, SPAWN_ERR_ARGUMENTS, PROC_ERR_CORE, PROC_ERR_LIMIT
 */
errval_t aos_rpc_process_spawn(struct aos_rpc *chan, const char *name, coreid_t core, domainid_t *newpid);

/**
 * The same with arguments as they are.
 *
 * \param argv argc arguments; the first is the name of the module
 * \param envp `name=value`, ends with NULL; NULL: that of the caller
 */
errval_t aos_rpc_process_spawn_with_args(struct aos_rpc *chan, int argc, const char *const *argv,
                                         const char *const *envp, coreid_t core, domainid_t *newpid);

/// Starts a process, and waits until it has ended (document B, 8.3.6). \param end how it ended; may be NULL
errval_t aos_rpc_process_spawn_blocking(struct aos_rpc *chan, const char *name, coreid_t core,
                                        struct process_end *end);

/// The name of a process, to be freed with free(). \return also PROC_ERR_NO_PROCESS
errval_t aos_rpc_process_get_name(struct aos_rpc *chan, domainid_t pid, char **name);

/// The numbers of all processes, to be freed with free().
errval_t aos_rpc_process_get_all_pids(struct aos_rpc *chan, domainid_t **pids, size_t *pid_count);

/// What a process does, or how it ended. \return also PROC_ERR_NO_PROCESS
errval_t aos_rpc_process_get_status(struct aos_rpc *chan, domainid_t pid, struct process_status *status);

/// Waits until a process has ended, and everything of it has been taken back. A child of the caller's is
/// forgotten then. \param end how it ended; may be NULL \return also PROC_ERR_NO_PROCESS
errval_t aos_rpc_process_wait(struct aos_rpc *chan, domainid_t pid, struct process_end *end);

/// Ends a process (document B, 8.3). \return also PROC_ERR_NO_PROCESS, PROC_ERR_NOT_ALLOWED
errval_t aos_rpc_process_kill(struct aos_rpc *chan, domainid_t pid);

/// Ends the calling process; what the C library has buffered is not written. Returns only if that fails.
errval_t aos_rpc_process_exit(struct aos_rpc *chan, int status);

#endif
