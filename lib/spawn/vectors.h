/**
 * The arguments as they stand in the child's memory. Nothing here makes a system call, so it builds for the
 * host too.
 */
#ifndef LIB_SPAWN_VECTORS_H
#define LIB_SPAWN_VECTORS_H

#include <abi/errno.h>
#include <aos/arguments.h>
#include <aos/spawn.h>

/// How much there is.
struct arguments_size {
    size_t argc;
    size_t envc;
    size_t text_bytes; ///< Of all strings.
    size_t bytes;      ///< Of everything: struct domain_arguments, vectors, strings.
};

/// Counts. \return LIB_ERR_ARGUMENTS_TOO_LONG; SYS_ERR_INVALID_ARGUMENT if packed strings are not what they
/// are said to be
errval_t arguments_measure(const struct spawn_request *request, struct arguments_size *size);

/// Writes vectors and strings, and the fields that say how large they are. \param address of `arguments` in
/// the child
void arguments_write(const struct spawn_request *request, const struct arguments_size *size,
                     struct domain_arguments *arguments, lvaddr_t address);

#endif
