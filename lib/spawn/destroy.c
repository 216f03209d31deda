#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <aos/spawn.h>
#include <cap/recall.h>
#include <rt/syscall.h>

/// Wherever its capabilities have gone, also to other cores.
static errval_t revoke(struct capref ram)
{
    struct capability_info info;
    errval_t err = cap_revoke(ram);
    if (err_is_ok(err)) {
        err = cap_identify(ram, &info);
    }
    return err_is_ok(err) ? recall_range(info.base, info.bytes) : err;
}

errval_t spawn_destroy(struct spawninfo *si)
{
    if (!capref_is_null(si->dispatcher)) {
        sys_invoke(get_cap_addr(si->dispatcher), DISPATCHER_STOP, 0, 0, 0, 0, 0, 0);
    }
    errval_t err = SYS_ERR_OK;
    if (!capref_is_null(si->ram)) {
        // Everything that the child is made of, whoever has a capability of it, and with the child's CNodes
        // what else it held.
        err = revoke(si->ram);
    }
    // These went with it; only their slots are left.
    if (!capref_is_null(si->dispatcher)) {
        slot_free(si->dispatcher);
    }
    if (!capref_is_null(si->rootcn)) {
        slot_free(si->rootcn);
    }
    if (err_is_ok(err) && !capref_is_null(si->ram)) {
        err = ram_free(si->ram);
    }
    *si = (struct spawninfo){0};
    return err;
}
