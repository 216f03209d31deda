#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/spawn.h>
#include <rt/syscall.h>

/// Deletes what one CNode of the child holds. \return how many were deleted; *left counts those that could
/// not be yet
static unsigned clear_cnode(capaddr_t croot, cslot_t l1_slot, unsigned *left)
{
    unsigned deleted = 0;
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
        errval_t err = cap_delete(capref_make(croot, l1_slot, slot));
        if (err_is_ok(err)) {
            deleted++;
        } else if (err_no(err_pop(err)) != SYS_ERR_CAP_NOT_FOUND) {
            (*left)++;
        }
    }
    return deleted;
}

/**
 * One round over all CNodes of the child. An emptied CNode goes, too. Backwards: mappings stand behind the
 * page tables that they are in, so one round is enough for a child that has none of its own.
 */
static unsigned clear_cspace(capaddr_t croot, unsigned *left)
{
    unsigned deleted = 0;
    for (cslot_t l1_slot = ROOTCN_SLOTS; l1_slot-- > 0;) {
        struct capref cnode = capref_make_l1(croot, l1_slot);
        struct capability_info info;
        if (err_is_fail(cap_identify(cnode, &info))) {
            continue;
        }
        unsigned before = *left;
        deleted += clear_cnode(croot, l1_slot, left);
        if (*left == before) {
            if (err_is_ok(cap_delete(cnode))) {
                deleted++;
            } else {
                (*left)++;
            }
        }
    }
    return deleted;
}

errval_t spawn_destroy(struct spawninfo *si)
{
    if (!capref_is_null(si->dispatcher)) {
        sys_invoke(get_cap_addr(si->dispatcher), DISPATCHER_STOP, 0, 0, 0, 0, 0, 0);
    }
    errval_t err = SYS_ERR_OK;
    if (!capref_is_null(si->rootcn)) {
        /*
         * A page table goes only when nothing is mapped in it any more, a CNode when it is empty: what could
         * not be deleted in one round can be in the next, as long as a round deletes something.
         */
        unsigned left = 0, deleted;
        do {
            left = 0;
            deleted = clear_cspace(get_cap_addr(si->rootcn), &left);
        } while (left && deleted);
        err = left ? SYS_ERR_CNODE_NOT_EMPTY : SYS_ERR_OK;
    }
    if (!capref_is_null(si->dispatcher)) {
        cap_destroy(si->dispatcher);
    }
    if (err_is_ok(err) && !capref_is_null(si->rootcn)) {
        err = cap_destroy(si->rootcn);
    }
    if (err_is_ok(err) && !capref_is_null(si->ram)) {
        err = ram_free(si->ram);
    }
    *si = (struct spawninfo){0};
    return err;
}
