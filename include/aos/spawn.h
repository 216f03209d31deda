/**
 * Starting domains from boot modules, and taking everything back when they are gone. For init, which has the
 * modules, and for domains that it gave them.
 *
 * A child is made of one piece of RAM: its CSpace, page tables, frames, dispatcher, and the RAM that it is
 * granted. Text and read-only data are not copied: the pages of the boot module itself are mapped, in every
 * instance. When the child has ended, revoking that piece leaves nothing in it, and the allocator has it
 * back.
 */
#ifndef AOS_SPAWN_H
#define AOS_SPAWN_H

#include <abi/bootinfo.h>
#include <abi/errno.h>
#include <aos/caddr.h>

/// An executable, mapped where we can read it: a boot module, or any frame.
struct boot_file {
    const void *content; ///< Begins where the frame does.
    size_t bytes;
    /// Pages of it are mapped in the child, so it needs the rights to read and to execute, and its code is
    /// visible to instruction fetches.
    struct capref frame;
};

/// What the kernel told init, in init and in a domain that was given the modules (read-only there); NULL in
/// any other. Maps it when it is called first; NULL also if that fails.
const struct bootinfo *bootinfo_get(void);

/// Finds a boot module by its name and maps it. \return SPAWN_ERR_FIND_MODULE, or why it could not be mapped
errval_t module_find(const char *name, struct boot_file *ret);

/// A capability that the child gets a copy of.
struct spawn_grant {
    cslot_t slot; ///< In the child's task CNode: from TASKCN_SLOT_USER on, or that of a known capability.
    struct capref cap;
};

/// What to start, and with what.
struct spawn_request {
    const char *name; ///< Of the boot module, and of the domain.
    /**
     * The executable, if it is not the boot module of that name. Its text and read-only data stay those of
     * the frame: whoever may write to it changes them, and who deletes it takes them from the child.
     */
    const struct boot_file *file;
    const char *const *argv; ///< Ends with NULL; argv[0] is the name. NULL: `packed` counts.
    const char *const *envp; ///< `name=value`, ends with NULL; NULL for none.
    /**
     * The same strings one behind the other, each with its 0: argc arguments, then envc of the environment.
     */
    const char *packed;
    size_t packed_bytes;
    uint32_t argc, envc; ///< Of `packed`.
    domainid_t pid;
    size_t ram_bytes;        ///< RAM for the child's own use; 0: USER_RAM_BYTES
    size_t stack_bytes;      ///< To which its stack may grow; 0: USER_STACK_LIMIT_BYTES
    size_t dispatcher_bytes; ///< Of its dispatcher frame: room for rings. 0: USER_DISPATCHER_BYTES; at most
                             ///< USER_DISPATCHER_MAX_BYTES
    bool console;            ///< May print and send frames.
    bool modules;            ///< Gets boot information and modules, so that it can start domains itself.
    struct capref parent_endpoint; ///< For the child's TASKCN_SLOT_PARENTEP; or NULL_CAP.
    bool give_parent_endpoint;     ///< It is moved there, if all goes well: then its slot is empty.
    struct capref end_endpoint;    ///< Told when the child ends (LMP_DISPATCHER_ENDED); or NULL_CAP.
    const struct spawn_grant *grants;
    size_t grant_count;
};

/// Parts of a spawn, in the order in which they happen.
enum spawn_phase {
    SPAWN_PHASE_LOAD,   ///< Looking at the request, finding the executable and making it readable.
    SPAWN_PHASE_ELF,    ///< Checking it.
    SPAWN_PHASE_CSPACE, ///< RAM, CNodes, and the capabilities in them.
    SPAWN_PHASE_VSPACE, ///< Page tables, segments and stack.
    SPAWN_PHASE_ARGUMENTS,
    SPAWN_PHASE_DISPATCHER,
    SPAWN_PHASE_START, ///< Making it run. It does when this core next has time for it.
    SPAWN_PHASES,
};

/// What a child is made of.
enum spawn_memory {
    SPAWN_MEMORY_PAGES,        ///< Its own data, stack and arguments.
    SPAWN_MEMORY_TABLES,       ///< Page tables.
    SPAWN_MEMORY_CAPABILITIES, ///< CNodes.
    SPAWN_MEMORY_DISPATCHER,   ///< With its frame.
    SPAWN_MEMORY_GRANTED,      ///< RAM for its own use.
    SPAWN_MEMORY_KINDS,
};

/// A child, as its parent keeps it.
struct spawninfo {
    uint32_t dispatcher_number; ///< In trace events and in the message of its end.
    struct capref ram;          ///< All that it is made of.
    struct capref rootcn;       ///< Its L1CNode.
    struct capref dispatcher;
    gensize_t ram_bytes;                  ///< Size of `ram`.
    gensize_t granted_bytes;              ///< Of that, what the child has for its own use.
    gensize_t memory[SPAWN_MEMORY_KINDS]; ///< All that was made of it, in bytes.
    uint64_t cycles[SPAWN_PHASES];        ///< What each phase took. One begins where the one before ends.
};

/**
 * Loads and starts a child.
 *
 * \return SYS_ERR_OK, or the reason under SPAWN_ERR_LOAD, _CSPACE, _VSPACE, _ARGUMENTS, _DISPATCHER or _RUN;
 * then nothing of the child is left, and the parent's endpoint is where it was. Strings of more than
 * ARGUMENTS_LIMIT_BYTES give LIB_ERR_ARGUMENTS_TOO_LONG.
 */
errval_t spawn_load(const struct spawn_request *request, struct spawninfo *si);

/// The same for a child that gets nothing but its name as its argument, a console, and no channels.
errval_t spawn_load_by_name(const char *name, domainid_t pid, struct spawninfo *si);

/// RAM that a child takes besides what it was granted for its own use.
static inline gensize_t spawn_footprint(const struct spawninfo *si)
{
    return si->ram_bytes - si->granted_bytes;
}

/**
 * Stops a child if it still runs, deletes everything that was made of its memory, and takes the memory back.
 *
 * Capabilities that others have of the child's memory or endpoints go with it, and so do their mappings. What
 * the child's CNodes held of others' memory is deleted there. Takes time in proportion to all that.
 *
 * \return SYS_ERR_OK, or why something could not be deleted
 */
errval_t spawn_destroy(struct spawninfo *si);

#endif
