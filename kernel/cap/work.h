/**
 * The bound on a kernel entry that deletes.
 *
 * Work is counted in units of ten instructions, at least as many as it takes. A deletion has a fixed part,
 * and parts that depend on how high the trees of the mapping database are and on how many page table entries
 * go; these are added to `work.done` where they happen. One begins only if the worst that it can take is
 * left, so an entry takes no more than WORK_UNITS, though most deletions take a tenth of their worst.
 */
#ifndef KERNEL_WORK_H
#define KERNEL_WORK_H

#include <cap/mdb.h>

/// Types whose objects hold capabilities or mappings.
#define OBJTYPES_CONTAINER \
    (OBJTYPES_CNODE | OBJTYPES_VNODE | 1U << ObjType_Dispatcher | 1U << ObjType_Remains)

#define WORK_UNITS  1600 ///< Of one kernel entry.
#define WORK_SLOT   1    ///< Looking at a slot.
#define WORK_COPY   12   ///< Deleting a capability that is not the last of its object.
#define WORK_DELETE 36   ///< The fixed part of deleting the last.
#define WORK_END    100  ///< Ending a dispatcher and telling its parent.
#define WORK_LINK   20   ///< Telling a dispatcher that a linked endpoint is gone.

/* In a tree, a level of the way up after something was taken out. */
#define WORK_LEVEL  5  ///< Without a rotation.
#define WORK_ROTATE 8  ///< A rotation.
#define WORK_WORST  22 ///< With two, and what finding the place took.

/// Page table entries that are cleared in one unit.
#define WORK_ENTRIES 2

extern struct work {
    unsigned done;        ///< Units of parts of deletions that have not been taken off yet.
    unsigned worst_plain; ///< The most that deleting the last of something takes that holds and maps nothing.
} work;

/// What an entry that deletes may take.
unsigned work_begin(void);

/// The most that deleting any capability can take: what it removes from trees, and what is mapped.
unsigned work_worst(const struct cte *slot);

/// Says whether enough is left to delete what is in a slot.
static inline bool work_is_left(unsigned units, const struct cte *slot)
{
    const bool plain = slot->cap.aux32 == 0 && slot->mdb.holder == SLOT_OF_CNODE;
    if (plain && mdb_has_copies(slot)) {
        return units >= WORK_COPY;
    }
    if (plain && !objtype_is_in(slot->cap.type, OBJTYPES_CONTAINER)) {
        return units >= work.worst_plain;
    }
    return units >= work_worst(slot);
}

/// Takes off what a deletion took.
static inline void work_take(unsigned *units, unsigned fixed)
{
    const unsigned taken = fixed + work.done;
    *units -= taken < *units ? taken : *units;
    work.done = 0;
}

#endif
