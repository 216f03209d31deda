/**
 * The names of the system's own services: init tells of them, so that none of them needs this service.
 */
#ifndef NAMES_SYSTEM_H
#define NAMES_SYSTEM_H

#include <abi/errno.h>

/// Asks init. It tells when this domain serves.
errval_t system_watch(void);

#endif
