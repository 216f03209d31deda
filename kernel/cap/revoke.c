/**
 * Revoking: copies first, since with the last of them gone the capability stands in the tree itself, and then
 * what follows it there inside its region. Each step deletes one, so that nothing needs to be remembered
 * between two calls, and it ends when there is none: the caller is the only one who can make more, or shares
 * RAM with who can.
 */
#include <abi/syscall.h>
#include <cap/mdb.h>
#include <cap/remains.h>
#include <trace/emit.h>

/// Something that must go, or NULL. \param copies they go, too
static struct cte *find_victim(struct cte *slot, bool copies)
{
    if (copies && mdb_has_copies(slot)) {
        return mdb_slot(slot->mdb.next);
    }
    return mdb_first_descendant(slot);
}

/// Tells who relies on what is in a slot that no domain can name.
static void take_from_holder(struct cte *slot)
{
    if (slot->mdb.holder == SLOT_OF_DISPATCHER) {
        dispatcher_lose_part(slot);
    } else if (slot->mdb.holder == SLOT_OF_INTERRUPT) {
        interrupt_lose_endpoint(slot);
    }
}

errval_t caps_revoke(struct cte *slot)
{
    const struct capability revoked = slot->cap;
    unsigned units = work_begin(), deleted = 0;
    bool more = true;
    if (revoked.type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    const bool copies = revoked.rights & CAPRIGHTS_CONTROL;
    if (!copies && revoked.type != ObjType_RAM) {
        return SYS_ERR_RIGHTS;
    }
    struct cte *victim;
    while (more && (victim = find_victim(slot, copies)) != NULL) {
        more = work_is_left(units, victim);
        if (more) {
            take_from_holder(victim);
            more = slot_delete(victim, &units);
            work_take(&units, WORK_DELETE);
            deleted++;
        }
        if (slot->cap.type != revoked.type || slot->cap.base != revoked.base
            || slot->cap.bytes != revoked.bytes) {
            return SYS_ERR_CAP_NOT_FOUND;
        }
    }
    more = more && remains_drain(&units);
    trace_cap_revoke(revoked.type, deleted);
    return more ? SYS_ERR_OK : SYS_ERR_RESTART;
}
