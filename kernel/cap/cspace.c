/**
 * CSpace lookup.
 */
#include <cap/cspace.h>

errval_t cspace_lookup_slot(const struct capability *root, capaddr_t addr, unsigned level, struct cte **slot)
{
    return cspace_find_slot(root, addr, level, slot);
}

errval_t cspace_lookup(const struct capability *root, capaddr_t addr, unsigned level, struct cte **slot)
{
    const errval_t err = cspace_find_slot(root, addr, level, slot);
    if (err_is_ok(err) && (*slot)->cap.type == ObjType_Null) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    return err;
}
