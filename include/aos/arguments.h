/**
 * What a parent tells a domain that it starts: at USER_ARGS, in memory that is the child's own.
 *
 * In init the kernel's struct bootinfo stands there; it has no magic.
 */
#ifndef AOS_ARGUMENTS_H
#define AOS_ARGUMENTS_H

#include <abi/types.h>

#define ARGUMENTS_MAGIC       0x736772614c464e31UL
#define ARGUMENTS_VERSION     2
#define ARGUMENTS_LIMIT_BYTES 0x100000UL ///< Of all strings together, each with its terminating 0.

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
     * As main() gets them: argc arguments, NULL, envc strings `name=value`, NULL. Behind these stand the
     * strings.
     */
    char *vectors[];
};

#endif
