#include <cap/mapping.h>
#include <cap/work.h>

struct work work;

/// Taking a region of a class out of its tree.
static unsigned worst_in_tree(enum region_class region)
{
    const struct cte *root = mdb_slot_or_null(mdb_roots[region]);
    return root != NULL ? root->mdb.level * WORK_WORST : 0;
}

/// A database in which one deletion takes more has more slots than machines have memory; it goes on all the
/// same.
static unsigned limited(unsigned worst)
{
    return worst < WORK_UNITS ? worst : WORK_UNITS;
}

unsigned work_begin(void)
{
    work.done = 0; // deletions that need no bound have left theirs
    work.worst_plain = limited(WORK_DELETE + worst_in_tree(REGION_MEMORY));
    return WORK_UNITS;
}

unsigned work_worst(const struct cte *slot)
{
    const unsigned type = slot->cap.type;
    const bool is_mapping = objtype_is_in(type, OBJTYPES_MAPPING);
    const struct cte *mapping = is_mapping                               ? slot
                                : objtype_is_in(type, OBJTYPES_MAPPABLE) ? mdb_slot_or_null(slot->cap.aux32)
                                                                         : NULL;
    unsigned worst = WORK_DELETE;
    if (mapping != NULL) {
        worst += worst_in_tree(REGION_PTE) + mapping->cap.bytes / PTE_BYTES / WORK_ENTRIES;
    }
    if (type == ObjType_EndPoint) {
        worst += WORK_LINK;
    }
    if (slot->mdb.holder != SLOT_OF_CNODE) {
        worst += WORK_END;
    }
    if (!is_mapping && !mdb_has_copies(slot)) {
        worst += worst_in_tree(REGION_MEMORY);
        if (objtype_is_in(type, OBJTYPES_CONTAINER)) {
            worst += WORK_END + worst_in_tree(REGION_MEMORY); // its remains are put elsewhere
        }
    }
    return limited(worst);
}
