/**
 * What a parent tells a domain that it starts: at USER_ARGS, in memory that is the child's own.
 *
 * In init the kernel's struct bootinfo stands there; it has no magic.
 */
#ifndef AOS_ARGUMENTS_H
#define AOS_ARGUMENTS_H

#include <abi/bootinfo.h>

#define ARGUMENTS_MAGIC       0x736772614c464e31UL
#define ARGUMENTS_VERSION     3
#define ARGUMENTS_LIMIT_BYTES 0x100000UL ///< Of all strings together, each with its terminating 0.
#define ARGUMENTS_LIMIT_COUNT 30000      ///< Of all strings.

struct domain_arguments {
    uint64_t magic;
    uint32_t version;
    uint32_t pid;
    uint64_t bytes; ///< Of all this.
    uint32_t argc;
    uint32_t envc;
    uint64_t stack_bytes;      ///< To which the main thread's stack may grow.
    uint64_t trace_bytes;      ///< Mapped at USER_TRACE, 0 without tracing.
    uint64_t dispatcher_bytes; ///< Mapped at USER_DISPATCHER.
    /**
     * The page tables for USER_ARENA, of each level: slots of the CNode ROOTCN_PAGE. The child maps its own
     * bookkeeping there before it can make tables itself.
     */
    uint32_t arena_tables[4];
    /**
     * As main() gets them: argc arguments, NULL, envc strings `name=value`, NULL. Behind these stand the
     * strings.
     */
    char *vectors[];
};

_Static_assert(sizeof(struct domain_arguments) + (ARGUMENTS_LIMIT_COUNT + 2) * sizeof(char *)
                       + ARGUMENTS_LIMIT_BYTES
                   <= USER_ARGS_MAX_BYTES,
               "arguments at their limits have room");

#endif
