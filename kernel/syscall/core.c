/**
 * Commands on a Core capability: a range of cores.
 */
#include <arch/armv8/sgi.h>
#include <core/core.h>
#include <syscall/syscall.h>
#include <trace/emit.h>

/// True for a core that the capability is for. No capability goes beyond the cores that there are.
static inline bool is_in_range(const struct capability *range, uint64_t core)
{
    return core - range->base < range->bytes; // a number below wraps around
}

/// A capability of one type among the arguments.
static errval_t argument(const struct invocation *invocation, uint64_t address, enum objtype type,
                         struct cte **slot)
{
    errval_t err = invocation_cap(invocation, address, slot);
    if (err_is_fail(err)) {
        return err;
    }
    return (*slot)->cap.type == type ? SYS_ERR_OK : SYS_ERR_INVALID_ARGUMENT;
}

static errval_t start(const struct invocation *invocation, coreid_t core)
{
    const uint64_t *a = invocation->arguments;
    struct cte *ram, *shared, *trace = NULL;
    errval_t err = argument(invocation, a[1], ObjType_RAM, &ram);
    if (err_is_ok(err)) {
        err = argument(invocation, a[2], ObjType_Frame, &shared);
    }
    if (err_is_ok(err) && (capaddr_t)a[3] != 0) {
        err = argument(invocation, a[3], ObjType_Frame, &trace);
    }
    return err_is_ok(err) ? core_start(core, ram, &shared->cap, trace != NULL ? &trace->cap : NULL) : err;
}

/// Whatever needs the right CONTROL. Apart, so that a wake need not make room for it.
static __attribute__((noinline)) errval_t control(const struct invocation *invocation)
{
    const struct capability *range = &invocation->target->cap;
    const uint64_t number = invocation->arguments[0];
    const coreid_t core = (coreid_t)number;
    if ((range->rights & CAPRIGHTS_CONTROL) == 0) {
        return SYS_ERR_RIGHTS;
    }
    if (!is_in_range(range, number)) {
        return SYS_ERR_CORE_NUMBER;
    }
    switch (invocation->command) {
    case CORE_STATUS:
        invocation->results[0] = core_state(core);
        return SYS_ERR_OK;
    case CORE_START:
        return start(invocation, core);
    case CORE_PARK:
        return core_park(core);
    case CORE_RESUME:
        return core_resume(core);
    default:
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
}

errval_t invoke_core(struct invocation *invocation)
{
    const struct capability *range = &invocation->target->cap;
    const uint64_t core = invocation->arguments[0], group = invocation->arguments[1];
    if (invocation->command != CORE_WAKE) {
        return control(invocation);
    }
    if ((range->rights & CAPRIGHTS_WRITE) == 0) {
        return SYS_ERR_RIGHTS;
    }
    if (!is_in_range(range, core)) {
        return SYS_ERR_CORE_NUMBER;
    }
    if (group >= CORE_WAKE_GROUPS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    trace_core_wake(core, group);
    sgi_send((unsigned)core, GIC_SGI_WAKE + (unsigned)group);
    return SYS_ERR_OK;
}
