/**
 * Inner parts of the capability operations.
 */
#ifndef KERNEL_SLOT_H
#define KERNEL_SLOT_H

#include <cap/cap.h>

/// Empties a slot that has left the mapping database.
static inline void slot_clear(struct cte *slot)
{
    // In two halves, which the compiler clears in place; for the whole it would call memset.
    slot->cap = (struct capability){0};
    slot->mdb = (struct mdb_node){0};
}

/// Takes a mapping out of its page table and clears both its slot and the link to it. Whatever it maps stays.
void mapping_remove(struct cte *mapping);

#endif
