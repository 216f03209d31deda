/**
 * Commands on a PerfMon capability.
 */
#include <arch/armv8/pmu.h>
#include <syscall/syscall.h>

errval_t invoke_perfmon(struct invocation *invocation)
{
    const uint64_t counter = invocation->arguments[0], event = invocation->arguments[1];
    if (invocation->command != PERFMON_SELECT) {
        return SYS_ERR_ILLEGAL_INVOCATION;
    }
    if (event > UINT16_MAX) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    return counter <= 31 && pmu_select((unsigned)counter, (uint16_t)event) ? SYS_ERR_OK
                                                                           : SYS_ERR_PERFMON_COUNTER;
}
