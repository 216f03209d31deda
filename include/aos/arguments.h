/**
 * What a parent tells a domain that it starts: at USER_ARGS, read-only in the child.
 *
 * In init the kernel's struct bootinfo stands there; it has no magic.
 */
#ifndef AOS_ARGUMENTS_H
#define AOS_ARGUMENTS_H

#include <abi/types.h>

#define ARGUMENTS_MAGIC   0x736772614c464e31UL
#define ARGUMENTS_VERSION 1
#define ARGUMENTS_BYTES   0x1000UL
#define ARGUMENTS_MAX     64 ///< Of arguments, and of environment strings.

struct domain_arguments {
    uint64_t magic;
    uint32_t version;
    uint32_t argc;
    uint32_t envc;
    uint32_t text_bytes;  ///< Of `text` that are in use.
    uint64_t stack_bytes; ///< To which the main thread's stack may grow.
    uint64_t trace_bytes; ///< Mapped at USER_TRACE, 0 without tracing.
    uint32_t pid;
    uint32_t reserved;
    char text[]; ///< argc arguments, then envc strings `name=value`, each with its terminating 0.
};

#define ARGUMENTS_TEXT_BYTES (ARGUMENTS_BYTES - sizeof(struct domain_arguments))

#endif
