/**
 * Starting domains from boot modules, and taking everything back when they are gone. For init, which has the
 * modules.
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

/// A boot module, mapped read-only.
struct boot_file {
    const void *content;
    size_t bytes;
    struct capref frame;
};

/// What the kernel told init, or NULL in any other domain.
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
    const char *name;        ///< Of the boot module, and of the domain.
    const char *const *argv; ///< Ends with NULL; argv[0] is the name.
    const char *const *envp; ///< `name=value`, ends with NULL; NULL for none.
    domainid_t pid;
    size_t ram_bytes;              ///< RAM for the child's own use; 0: USER_RAM_BYTES
    size_t stack_bytes;            ///< To which its stack may grow; 0: USER_STACK_LIMIT_BYTES
    bool console;                  ///< May print and send frames.
    struct capref parent_endpoint; ///< For the child's TASKCN_SLOT_PARENTEP; or NULL_CAP.
    struct capref end_endpoint;    ///< Told when the child ends (LMP_DISPATCHER_ENDED); or NULL_CAP.
    const struct spawn_grant *grants;
    size_t grant_count;
};

/// Parts of a spawn, in the order in which they happen.
enum spawn_phase {
    SPAWN_PHASE_LOAD,   ///< Finding the executable and making it readable.
    SPAWN_PHASE_ELF,    ///< Checking it.
    SPAWN_PHASE_CSPACE, ///< RAM, CNodes, and the capabilities in them.
    SPAWN_PHASE_VSPACE, ///< Page tables, segments and stack.
    SPAWN_PHASE_ARGUMENTS,
    SPAWN_PHASE_DISPATCHER,
    SPAWN_PHASE_START,
    SPAWN_PHASES,
};

/// A child, as its parent keeps it.
struct spawninfo {
    uint32_t dispatcher_number; ///< In trace events and in the message of its end.
    struct capref ram;          ///< All that it is made of.
    struct capref rootcn;       ///< Its L1CNode.
    struct capref dispatcher;
    uint64_t cycles[SPAWN_PHASES]; ///< What each phase took.
};

/**
 * Loads and starts a child.
 *
 * \return SYS_ERR_OK, or the reason under SPAWN_ERR_LOAD, _CSPACE, _VSPACE, _ARGUMENTS, _DISPATCHER or _RUN;
 * then nothing of the child is left
 */
errval_t spawn_load(const struct spawn_request *request, struct spawninfo *si);

/// The same for a child that gets nothing but its name as its argument, a console, and no channels.
errval_t spawn_load_by_name(const char *name, domainid_t pid, struct spawninfo *si);

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
