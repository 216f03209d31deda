/**
 * Getting rid of what clients gave.
 */
#ifndef PROC_DISCARD_H
#define PROC_DISCARD_H

#include <aos/capabilities.h>
#include <aos/slot_alloc.h>

/// Deletes a capability and frees its slot, which is empty already if its owner has revoked it.
static inline void discard(struct capref cap)
{
    cap_delete(cap);
    slot_free(cap);
}

#endif
