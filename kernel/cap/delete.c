/**
 * Deleting capabilities: undo what hangs on this copy; with the last copy, let the object go. An object that
 * holds capabilities of its own takes its time (remains.c).
 */
#include <cap/mdb.h>
#include <cap/remains.h>
#include <cap/slot.h>
#include <trace/emit.h>

/// Apart, so that other deletions keep nothing for it.
static __attribute__((noinline)) void lose_link(const struct cte *slot)
{
    lmp_lose_link(&slot->cap);
    work.done += WORK_LINK;
}

static inline void delete_now(struct cte *slot, bool last)
{
    const unsigned type = slot->cap.type;
    if (objtype_is_in(type, OBJTYPES_MAPPING)) {
        mapping_remove(slot);
        trace_cap_delete(type, last);
        return;
    }
    if (objtype_is_in(type, OBJTYPES_MAPPABLE) && slot->cap.aux32 != 0) {
        mapping_remove(mdb_slot(slot->cap.aux32));
    }
    if (__builtin_expect(cap_is_linked(&slot->cap), 0)) {
        lose_link(slot);
    }
    mdb_remove(slot);
    slot_clear(slot);
    trace_cap_delete(type, last);
}

void slot_delete_now(struct cte *slot, bool last)
{
    delete_now(slot, last);
}

bool slot_delete(struct cte *slot, unsigned *units)
{
    const bool last = !mdb_has_copies(slot);
    if (last && objtype_is_in(slot->cap.type, OBJTYPES_CONTAINER)) {
        return remains_delete(slot, units);
    }
    slot_delete_now(slot, last);
    return true;
}

errval_t caps_delete(struct cte *slot)
{
    const unsigned type = slot->cap.type;
    if (type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    const bool last = !mdb_has_copies(slot);
    if (last && objtype_is_in(type, OBJTYPES_CONTAINER)) {
        unsigned units = work_begin();
        return remains_delete(slot, &units) ? SYS_ERR_OK : SYS_ERR_RESTART;
    }
    delete_now(slot, last);
    return SYS_ERR_OK;
}
