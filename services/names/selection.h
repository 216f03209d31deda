/**
 * Lists of names, a part at a time.
 */
#ifndef NAMES_SELECTION_H
#define NAMES_SELECTION_H

#include <aos/rpc_server.h>

/**
 * The answer to `names.select`, whose arguments are good ones.
 *
 * \param entries set to memory that the answer frees
 * \param next    the same
 * \return LIB_ERR_MALLOC_FAIL if there is no memory
 */
errval_t selection_make(const char *prefix, const char *filter, const char *after, struct rpc_bytes *entries,
                        struct rpc_bytes *next);

#endif
