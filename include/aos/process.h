/**
 * Processes: starting them, waiting for them, ending them, and what there is to know of them.
 *
 * The process servers (services/proc), one on each core, do it; channels to them are opened at the first use.
 * Who starts a process is its parent. A process that has ended stays known until its parent has waited for
 * it, or has ended itself; docs/processes.md tells the whole policy.
 *
 * Every function returns SYS_ERR_OK, an error of the server's (PROC_ERR_*, SPAWN_ERR_*), or RPC_ERR_PEER_GONE
 * if that has ended; then the next call finds the one that was started anew. All of them block for as long as
 * the server takes, and any thread may call them.
 */
#ifndef AOS_PROCESS_H
#define AOS_PROCESS_H

#include <abi/bootinfo.h>
#include <abi/errno.h>
#include <aos/caddr.h>
#include <stdbool.h>

/// The core that a process runs on.
static inline coreid_t process_core(domainid_t pid)
{
    return pid >> PID_CORE_SHIFT;
}

/// Why a process ended. Like the other values of this file they are those of interfaces/proc.rpc.
enum process_reason {
    PROCESS_EXITED,  ///< By itself: exit(), or the end of main().
    PROCESS_FAULTED, ///< It used memory that it may not use; the address is that.
    PROCESS_TRAPPED, ///< An undefined instruction, or the like.
    PROCESS_REVOKED, ///< Something that it was made of was taken away.
    PROCESS_KILLED,  ///< By process_kill().
};

enum process_state {
    PROCESS_RUNNING,
    PROCESS_ENDED,
};

/// How a process ended.
struct process_end {
    enum process_reason reason;
    int exit_code;    ///< If it exited; 0 else.
    uint64_t address; ///< Of the fault; 0 if there was none.
    uint64_t pc;      ///< Where it was then.
};

struct process_status {
    enum process_state state;
    domainid_t parent;      ///< 0 if that has ended.
    struct process_end end; ///< If it has ended.
};

/// Slot of the task CNode where a process finds what its parent gave it.
#define PROCESS_SLOT_GRANT TASKCN_SLOT_USER

#define PROCESS_NAME_BYTES 48 ///< Of a name, with its 0.

/// What process_spawn() can be told. All zero is the usual.
struct process_options {
    const char *const *envp; ///< `name=value`, ends with NULL. NULL: the caller's own environment.
    coreid_t core; ///< Where it is to run; the first if nothing is said, and without options the own one.
    uint64_t ram_bytes; ///< Most that it may have of the memory server; 0: the usual.
    uint32_t processes; ///< So many may it and its descendants be at a time; 0: they count in the caller's
                        ///< allowance.
    bool is_detached;   ///< Nobody waits for it: nothing stays of it when it has ended.
    /// For its PROCESS_SLOT_GRANT: moves to the server, and the slot is freed. NULL: none.
    struct capref *grant;
};

/**
 * Starts a process.
 *
 * \param path    name of a boot module
 * \param argv    ends with NULL; argv[0] is `path` by custom
 * \param options NULL: the usual
 * \param pid     set to its number, which no other process ever had or will have
 * \return also SPAWN_ERR_FIND_MODULE, SPAWN_ERR_LOAD, LIB_ERR_ARGUMENTS_TOO_LONG, PROC_ERR_LIMIT,
 * PROC_ERR_CORE, PROC_ERR_QUOTA, each perhaps below others
 */
errval_t process_spawn(const char *path, const char *const *argv, const struct process_options *options,
                       domainid_t *pid);

/**
 * Waits until a process has ended, and everything of it has been taken back. A child of the caller's is
 * forgotten then. Anybody may wait for any process.
 *
 * \param end may be NULL
 * \return also PROC_ERR_NO_PROCESS
 */
errval_t process_wait(domainid_t pid, struct process_end *end);

/// Waits for any child of the caller's. \param pid set to which it was \return also PROC_ERR_NO_CHILD
errval_t process_wait_any(domainid_t *pid, struct process_end *end);

/// What a process does, or how it ended. Does not wait for anything.
errval_t process_get_status(domainid_t pid, struct process_status *status);

/// Ends a process; when this returns it does not run any more. \return also PROC_ERR_NO_PROCESS,
/// PROC_ERR_NOT_ALLOWED
errval_t process_kill(domainid_t pid);

/// Ends the caller, as exit() does.
_Noreturn void process_exit(int code);

/// The name of a process. \param name set to memory from malloc()
errval_t process_get_name(domainid_t pid, char **name);

/// The numbers of all processes that the servers of all cores started. \param pids set to memory from
/// malloc(), or NULL if there are none
errval_t process_get_all_pids(domainid_t **pids, size_t *count);

/// What there is to know of one process, in the table of all.
struct process_entry {
    uint32_t pid;
    uint32_t parent; ///< 0 if that has ended.
    uint32_t state;  ///< enum process_state
    uint32_t reason; ///< enum process_reason
    int32_t exit_code;
    uint32_t children;  ///< That have not been waited for.
    uint64_t ram_bytes; ///< That it is made of; what it has got of the memory server is not in it.
    char name[PROCESS_NAME_BYTES];
};

/// The table of all processes that the servers of all cores started. \param entries set to memory from
/// malloc(), or NULL if there are none
errval_t process_list(struct process_entry **entries, size_t *count);

struct process_observer;

/**
 * Has a function called whenever a process has ended, or when a certain one has. It runs where the caller
 * serves: in rpc_serve() or rpc_serve_until().
 *
 * \param pid  of this core; 0: whenever any process of this core has ended
 * \param told called with the end; with `end` NULL if no more will be told: the process was told of, the
 *             server has ended, or the caller served too slowly. The observer is gone after that
 * \param observer set to what process_unobserve() takes; may be NULL
 * \return also PROC_ERR_NO_PROCESS, PROC_ERR_LIMIT
 */
errval_t process_observe(domainid_t pid,
                         void (*told)(void *context, domainid_t pid, const struct process_end *end),
                         void *context, struct process_observer **observer);

/// Ends an observation. Its function is called for the last time, with `end` NULL.
void process_unobserve(struct process_observer *observer);

/// Parts of a spawn as the server measures them, in cycles. The first are enum spawn_phase of <aos/spawn.h>.
enum process_phase {
    PROCESS_PHASE_LOAD,
    PROCESS_PHASE_ELF,
    PROCESS_PHASE_CSPACE,
    PROCESS_PHASE_VSPACE,
    PROCESS_PHASE_ARGUMENTS,
    PROCESS_PHASE_DISPATCHER,
    PROCESS_PHASE_START,
    PROCESS_PHASE_ADOPT, ///< Its channel to init, and its place in the table; comes first.
    PROCESS_PHASES,
    /* Not how long, but when: cycle_count() */
    PROCESS_TIME_CALLED = PROCESS_PHASES, ///< at which the server began,
    PROCESS_TIME_STARTED,                 ///< and had finished.
    PROCESS_TIMES_END,
};

/// What starting a process took.
errval_t process_get_phases(domainid_t pid, uint64_t cycles[static PROCESS_TIMES_END]);

/// What the server uses; for tests.
struct process_usage {
    uint64_t processes;      ///< In its table.
    uint64_t watches;        ///< Calls that wait, and observers.
    uint64_t capabilities;   ///< In its CSpace, but those of memory.
    uint64_t slots;          ///< That are not free, but those of RAM.
    int64_t ram_bytes;       ///< In use.
    uint64_t borrowed_bytes; ///< That it has got of the memory server: it keeps some for later.
};

/// Costs time in proportion to the server's CSpace.
errval_t process_get_usage(struct process_usage *usage);

/// Says how a process ended, for people: "exit 0", "fault at address 0x8, pc 0x401000", and the like.
void process_describe_end(const struct process_end *end, char *buffer, size_t bytes);

#endif
