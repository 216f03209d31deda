/**
 * The table of processes.
 *
 * Everything in this service is used with the baton of lib/rpc held: by one thread at a time, which may give
 * it away where a function says that it may block. What a function knows of a process before it blocks it
 * looks up again after it.
 */
#ifndef PROC_TABLE_H
#define PROC_TABLE_H

#include <aos/process.h>
#include <aos/spawn.h>

/// Processes in the table at a time, ended ones that were not waited for included.
#define PROCESSES_MAX 4096

struct allowance;
struct watch;

/// A doubly linked list of processes: of the children of one.
struct process_links {
    struct process *previous, *next;
};

struct process_list {
    struct process *first, *last;
};

struct process {
    domainid_t pid;
    bool is_ours; ///< Started here. Not so: a client that init started; known while it has a channel to us.
    bool is_trusted;  ///< init started it, here or elsewhere: it may end anybody, and has no quota.
    bool is_starting; ///< Not known to anybody yet.
    bool is_detached; ///< Nobody waits for it.
    bool is_buried;   ///< Has ended, and everything of it has been taken back.
    enum process_state state;
    struct process_end end;
    char name[PROCESS_NAME_BYTES];
    struct spawninfo spawn;
    uint64_t cycles[PROCESS_TIMES_END];
    uint64_t ram_quota; ///< At the memory server, in bytes.
    uint64_t ram_bytes; ///< That it is made of.
    struct allowance *allowance;
    struct process *parent; ///< NULL if that has ended.
    struct process_links siblings;
    struct process_list children;               ///< That have not been buried,
    struct process_list zombies;                ///< and that have been, and wait to be waited for.
    unsigned child_count;                       ///< In both, without those that are detached.
    unsigned clients;                           ///< Channels that it has to us.
    struct watch *watches;                      ///< Who wants to know of its end.
    struct watch *child_watches;                ///< Its own calls that wait for any child.
    struct process *next_pid, *next_dispatcher; ///< In the chains of the two indices.
    struct process *next_dying;                 ///< In the queue of those that are to be buried.
};

/// The process of a number, or NULL.
struct process *process_find(domainid_t pid);

/// The process that runs, started here, whose dispatcher has a number; or NULL.
struct process *process_find_dispatcher(uint32_t dispatcher);

/// Makes an entry, in no index yet. \return NULL if there are PROCESSES_MAX, or no memory
struct process *process_create(void);

/// Puts it into the table: it has its number now.
void process_insert(struct process *process);

/// It has its dispatcher now, and runs.
void process_insert_dispatcher(struct process *process);

/// It has ended: its dispatcher is nobody's now.
void process_remove_dispatcher(struct process *process);

/// Takes it out of the table and frees it. It is in no list any more; nobody watches it.
void process_destroy(struct process *process);

/// How many there are that were started here.
unsigned process_count(void);

/// The next in the table that was started here, in no order. \param process NULL: the first \return NULL
/// behind the last. Takes time in proportion to the table for all together
struct process *process_next(const struct process *process);

void process_list_add(struct process_list *list, struct process *process);
void process_list_remove(struct process_list *list, struct process *process);

/// Gives a process its parent.
void process_adopt(struct process *parent, struct process *child);

/// Takes the parent away again; the child is in its list of children, or of zombies.
void process_orphan(struct process *child);

#endif
