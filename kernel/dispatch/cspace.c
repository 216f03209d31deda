/**
 * A dispatcher changes its CSpace: how an L1CNode that has become too small is replaced, in one step, by one
 * that user level has filled with the same L2CNodes.
 */
#include <cap/cspace.h>
#include <dispatch/dispatch.h>

static bool same_object(const struct capability *a, const struct capability *b)
{
    return a->type == b->type && a->base == b->base && a->bytes == b->bytes;
}

errval_t dispatcher_change_cspace(struct dcb *dcb, struct cte *from, struct cte *to, capaddr_t address)
{
    if (dcb->state != DISPATCHER_STATE_READY && dcb->state != DISPATCHER_STATE_RUNS) {
        return dcb->state == DISPATCHER_STATE_ENDED ? SYS_ERR_DISPATCHER_DEAD : SYS_ERR_DISPATCHER_INCOMPLETE;
    }
    if (from == to || !same_object(&from->cap, &dcb->cspace.cap)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (to->cap.bytes < from->cap.bytes) {
        return SYS_ERR_INVALID_OBJECT_SIZE;
    }
    struct cte *same;
    const errval_t err = cspace_find_slot(&to->cap, address, 2, &same);
    if (err_is_fail(err)) {
        return err;
    }
    if (same != from) {
        return SYS_ERR_INVALID_ARGUMENT;
    }

    /* The dispatcher's own slot is the one that is free in between; `from` keeps the object. */
    caps_delete(&dcb->cspace);
    caps_move(&dcb->cspace, to);
    caps_move(to, from);
    caps_copy(from, &dcb->cspace);
    dcb->cspace.mdb.holder = SLOT_OF_DISPATCHER;
    dcb->l1_cnode = cnode_slots(&dcb->cspace.cap);
    dcb->l1_slots = cnode_slot_count(&dcb->cspace.cap);
    return SYS_ERR_OK;
}
