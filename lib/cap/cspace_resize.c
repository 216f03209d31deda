/**
 * A larger L1CNode for the own CSpace. The new one gets copies of all L2CNodes, one kernel call makes the
 * dispatcher run on it, and the old one is emptied, whoever else still names it: an L2CNode that is deleted
 * later is to go with its capability in the new one.
 */
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <cap/cspace.h>
#include <rt/syscall.h>

struct thread_mutex cspace_mutex;

/// Copies all L2CNodes of the own CSpace to the same L1 slots of another one.
static errval_t copy_l2_cnodes(capaddr_t to, size_t l1_slots)
{
    for (cslot_t i = 0; i < l1_slots; i++) {
        errval_t err = cap_copy(capref_make_l1(to, i), capref_make_l1(TASKCN_SLOT_ROOTCN, i));
        if (err_is_fail(err) && err_no(err_pop(err)) != SYS_ERR_CAP_NOT_FOUND) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

/// Deletes an L1CNode whose L2CNodes all stand in another one too, and gives its memory back if it is ours.
static void discard(struct capref root, size_t l1_slots)
{
    struct capability_info info = {0};
    cap_identify(root, &info);
    for (cslot_t i = 0; i < l1_slots; i++) {
        cap_delete(capref_make_l1(get_cap_addr(root), i));
    }
    cap_delete(root);
    // The first one came from the parent: then the allocator does not know it.
    ram_free_region(info.base, info.bytes);
}

size_t cspace_l1_slots(void)
{
    struct capability_info info = {0};
    cap_identify(cap_root, &info);
    return info.bytes / CNODE_SLOT_BYTES;
}

/// Copies everything into the new root, and goes over to it. Meanwhile nobody makes L2CNodes.
static errval_t change_root(struct capref root, size_t present)
{
    cspace_lock();
    errval_t err = copy_l2_cnodes(get_cap_addr(root), present);
    if (err_is_ok(err)) {
        uint64_t slots = get_cap_addr(cap_root) | (uint64_t)get_cap_addr(root) << 32;
        err = sys_invoke(get_cap_addr(cap_dispatcher), DISPATCHER_CSPACE, slots, 0, 0, 0, 0, 0).err;
    }
    cspace_unlock();
    return err;
}

static errval_t resize(size_t l1_slots, struct capref spare)
{
    size_t present = cspace_l1_slots();
    if (l1_slots % L2_CNODE_SLOTS != 0 || l1_slots <= present || l1_slots > CSPACE_MAX_L1_SLOTS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    errval_t err = ram_alloc_object(spare, ObjType_L1CNode, l1_slots * CNODE_SLOT_BYTES, OBJSIZE_L2CNode);
    if (err_is_fail(err)) {
        return err;
    }
    err = change_root(spare, present);
    // Now it names the one that is not used, new or old.
    discard(spare, present);
    return err;
}

errval_t cspace_resize(size_t l1_slots, struct capref spare)
{
    errval_t err = resize(l1_slots, spare);
    return err_is_fail(err) ? err_push(err, LIB_ERR_CSPACE_RESIZE) : SYS_ERR_OK;
}
