/**
 * Domains that init started: their channels, their ends, and what they are made of.
 */
#ifndef INIT_CHILDREN_H
#define INIT_CHILDREN_H

#include <aos/lmp_chan.h>
#include <aos/spawn.h>

/// How a child ended.
struct child_end {
    unsigned reason;  ///< END_REASON_*
    uint64_t address; ///< The exit status, or the address of the fault.
    uint64_t pc;
};

struct child {
    const char *name;
    domainid_t pid;
    struct spawninfo spawn;
    struct lmp_chan chan; ///< The child's first message brings its endpoint.
    bool ended;
    struct child_end end;
    /**
     * What the child says. Runs from event_dispatch().
     *
     * \param cap a capability that came along, in a slot that is the handler's then; or NULL_CAP
     */
    void (*message)(struct child *child, const struct lmp_recv_msg *msg, struct capref cap);
    void *context; ///< For `message`.
    struct child *next;
};

/// Starts listening for the ends of children. Once.
errval_t children_init(void);

/**
 * Starts a domain, and tells the host of it (DOMAIN frame).
 *
 * \param child   name, message and context are set; everything else is filled in here. It stays the caller's,
 *                and in place, until child_destroy()
 * \param request without name, pid and endpoints, which are filled in here
 */
errval_t child_start(struct child *child, struct spawn_request *request);

/// Answers a child's call with one word, and perhaps a capability.
errval_t child_answer(struct child *child, errval_t answer, struct capref cap);

/// Handles events until the child has ended.
void child_wait(struct child *child);

/// Ends a child if it runs, and takes everything back that it was made of. Handles events that are pending,
/// so no event handler may call it.
void child_destroy(struct child *child);

/// A `message` handler for children that have nothing to say: drops everything.
void child_ignore(struct child *child, const struct lmp_recv_msg *msg, struct capref cap);

/// Says how a child ended, for people: "exit 0" or "read fault at 0x8" and the like.
void child_describe_end(const struct child *child, char *buffer, size_t bytes);

/// Tells the host of a domain. \param dispatcher its number in trace events
void domain_announce(uint32_t dispatcher, const char *name, domainid_t pid);

#endif
