/**
 * What this domain has exported, for lib/names.
 */
#ifndef LIB_NAMES_EXPORTS_H
#define LIB_NAMES_EXPORTS_H

#include <aos/names.h>

/// names_export() with something to be found by the name.
errval_t names_export_with(const char *name, const char *properties, const struct rpc_service *service,
                           void *context);

/// That, or NULL if the domain has no such name.
void *names_export_context(const char *name);

#endif
