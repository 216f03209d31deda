#include "cores.h"

#include <aos/aos.h>

bool cores_runs(coreid_t core)
{
    return core == disp_get_core_id();
}

uint64_t cores_running(void)
{
    return 1UL << disp_get_core_id();
}

errval_t cores_grant_wake(coreid_t core, struct capref other, struct capref *ret)
{
    (void)core;
    errval_t err = slot_alloc(ret);
    if (err_is_ok(err)) {
        err = cap_copy(*ret, other);
        if (err_is_fail(err)) {
            slot_free(*ret);
        }
    }
    return err;
}
