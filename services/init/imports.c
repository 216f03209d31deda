#include "imports.h"

#include <aos/aos.h>

errval_t export_prepare(struct capref cap, struct capability_info *info)
{
    errval_t err = cap_identify(cap, info);
    if (err_is_ok(err) && info->type != ObjType_RAM && info->type != ObjType_Frame) {
        err = MON_ERR_CAP_TYPE;
    }
    return err;
}

errval_t import_cap(enum objtype type, unsigned rights, genpaddr_t base, gensize_t bytes, struct capref *ret)
{
    (void)type;
    (void)rights;
    (void)base;
    (void)bytes;
    (void)ret;
    return MON_ERR_CAP_TYPE;
}

errval_t import_frame(genpaddr_t base, gensize_t bytes, struct capref *ret)
{
    return import_cap(ObjType_Frame, CAPRIGHTS_ALL, base, bytes, ret);
}

void import_drop(struct capref frame)
{
    errval_t err = cap_revoke(frame);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "deleting copies of another core's memory");
    }
    cap_discard(frame);
}
