#include <aos/capabilities.h>
#include <aos/core.h>
#include <rt/syscall.h>

static struct sys_result invoke(struct capref core, unsigned command, uint64_t a2, uint64_t a3, uint64_t a4,
                                uint64_t a5)
{
    return sys_invoke(get_cap_addr(core), command, a2, a3, a4, a5, 0, 0);
}

errval_t core_start(struct capref core, coreid_t number, struct capref ram, struct capref shared,
                    struct capref trace)
{
    const capaddr_t ring = capref_is_null(trace) ? 0 : get_cap_addr(trace);
    return invoke(core, CORE_START, number, get_cap_addr(ram), get_cap_addr(shared), ring).err;
}

errval_t core_status(struct capref core, coreid_t number, unsigned *state)
{
    const struct sys_result result = invoke(core, CORE_STATUS, number, 0, 0, 0);
    *state = (unsigned)result.value[0];
    return result.err;
}

errval_t core_wake(struct capref core, coreid_t number, uint64_t group)
{
    return sys_invoke_short(get_cap_addr(core), CORE_WAKE, number, group);
}

errval_t core_park(struct capref core, coreid_t number)
{
    return invoke(core, CORE_PARK, number, 0, 0, 0).err;
}

errval_t core_resume(struct capref core, coreid_t number)
{
    return invoke(core, CORE_RESUME, number, 0, 0, 0).err;
}

errval_t disp_hear_wakes(uint64_t group)
{
    return sys_invoke(TASKCN_SLOT_DISPATCHER, DISPATCHER_WAKE_GROUP, group, 0, 0, 0, 0, 0).err;
}

errval_t kernel_create_capability(struct capref dest, enum objtype type, unsigned rights, genpaddr_t base,
                                  gensize_t bytes)
{
    return sys_invoke(TASKCN_SLOT_KERNEL, KERNEL_CREATE, SLOT_REF(get_croot_addr(dest), get_cap_addr(dest)),
                      (uint64_t)type | (uint64_t)rights << 8, base, bytes, 0, 0)
        .err;
}
