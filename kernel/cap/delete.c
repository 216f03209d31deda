/**
 * Deleting capabilities.
 *
 * Three steps: may the object go if this is its last copy; undo what hangs on this copy; let the object go.
 * An object that holds capabilities of its own (a CNode, a page table) goes only when it is empty, so that
 * the time is bounded.
 */
#include <cap/cspace.h>
#include <cap/mdb.h>
#include <cap/slot.h>
#include <dispatch/dcb.h>
#include <trace/emit.h>

/// At most L1_CNODE_MAX_BYTES are looked at, since retype makes none that is larger.
static bool cnode_is_empty(const struct capability *cnode)
{
    const struct cte *slots = cnode_slots(cnode);
    const uint64_t count = cnode_slot_count(cnode);
    for (uint64_t i = 0; i < count; i++) {
        if (slots[i].cap.type != ObjType_Null) {
            return false;
        }
    }
    return true;
}

/// Objects that hold capabilities of their own.
static errval_t check_container_unused(const struct capability *cap)
{
    if (objtype_is_in(cap->type, OBJTYPES_CNODE)) {
        return cnode_is_empty(cap) ? SYS_ERR_OK : SYS_ERR_CNODE_NOT_EMPTY;
    }
    if (objtype_is_in(cap->type, OBJTYPES_VNODE)) {
        const bool empty = mdb_find_overlap(REGION_PTE, cap->base, cap->base + cap->bytes) == NULL;
        return empty ? SYS_ERR_OK : SYS_ERR_VNODE_NOT_EMPTY;
    }
    return SYS_ERR_OK;
}

/// A dispatcher lets go of its CSpace and its root page table when it goes. If it holds their last copies,
/// these must be able to go too: a slot that stayed behind would lie in memory that is free for other
/// objects.
static errval_t check_dispatcher_parts(const struct dcb *dcb)
{
    const struct cte *parts[] = {&dcb->cspace, &dcb->vspace};
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (parts[i]->cap.type != ObjType_Null && !mdb_has_copies(parts[i])) {
            const errval_t err = check_container_unused(&parts[i]->cap);
            if (err_is_fail(err)) {
                return err;
            }
        }
    }
    return SYS_ERR_OK;
}

/// Says whether the object of a last copy may go.
static errval_t check_object_unused(const struct capability *cap)
{
    if (cap->type == ObjType_Dispatcher) {
        return check_dispatcher_parts(dcb_from_phys(cap->base));
    }
    return check_container_unused(cap);
}

errval_t caps_delete(struct cte *slot)
{
    const unsigned type = slot->cap.type;
    if (type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    if (objtype_is_in(type, OBJTYPES_MAPPING)) {
        mapping_remove(slot);
        trace_cap_delete(type, 1);
        return SYS_ERR_OK;
    }
    const bool last = !mdb_has_copies(slot);
    if (last) {
        const errval_t err = check_object_unused(&slot->cap);
        if (err_is_fail(err)) {
            return err;
        }
    }

    if (objtype_is_in(type, OBJTYPES_MAPPABLE) && slot->cap.aux32 != 0) {
        mapping_remove(mdb_slot(slot->cap.aux32));
    }
    const lpaddr_t object = slot->cap.base;
    mdb_remove(slot);
    slot_clear(slot);
    if (last && type == ObjType_Dispatcher) {
        dispatcher_destroy(object);
    }
    trace_cap_delete(type, last);
    return SYS_ERR_OK;
}
