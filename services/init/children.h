/**
 * Domains that init started: their channels, their ends, and what they are made of.
 */
#ifndef INIT_CHILDREN_H
#define INIT_CHILDREN_H

#include <aos/spawn.h>
#include <stdint.h>

/// How a child ended.
struct child_end {
    unsigned reason;  ///< END_REASON_*
    uint64_t address; ///< The exit status, or the address of the fault.
    uint64_t pc;
};

struct child {
    const char *name;
    unsigned rights; ///< MONITOR_*
    uint64_t quota;  ///< Of the memory server, in bytes; 0: CHILD_QUOTA_BYTES
    void *context;
    void (*on_end)(struct child *child); ///< Called when it has ended; may be NULL. It may destroy the child.
    domainid_t pid;
    struct spawninfo spawn;
    volatile bool ended;
    struct child_end end;
    struct child *next;
};

#define CHILD_QUOTA_BYTES 0x4000000UL

/// Starts listening for the ends of children. Once.
errval_t children_init(void);

/**
 * Starts a domain, and tells the host of it (DOMAIN frame).
 *
 * \param child   name, rights, quota and context are set; everything else is filled in here. It stays the
 *                caller's, and in place, until child_destroy()
 * \param request without name, pid and endpoints, which are filled in here
 */
errval_t child_start(struct child *child, struct spawn_request *request);

/// The child with a process id, or NULL if init has none.
struct child *child_find(domainid_t pid);

/// Stops a child where it is; its end is told like any other.
errval_t child_kill(struct child *child);

/// Serves until the child has ended.
void child_wait(struct child *child);

/// Ends a child if it runs, and takes everything back that it was made of.
void child_destroy(struct child *child);

/// Says how a child ended, for people: "exit 0" or "read fault at 0x8" and the like.
void child_describe_end(const struct child *child, char *buffer, size_t bytes);

#endif
