/**
 * A core stops with everything in place, and goes on later.
 */
#include <arch/armv8/fp.h>
#include <arch/armv8/gic.h>
#include <arch/armv8/map.h>
#include <arch/armv8/pmu.h>
#include <arch/armv8/psci.h>
#include <arch/armv8/suspend.h>
#include <arch/armv8/sysreg.h>
#include <core/core.h>
#include <dispatch/dispatch.h>
#include <dispatch/wake.h>
#include <trace/drain.h>
#include <trace/emit.h>

extern lpaddr_t kernel_image_base;
extern char image_start[];
extern char resumed_entry[];

errval_t core_park(coreid_t core)
{
    if (core != core_number()) {
        return SYS_ERR_CORE_NUMBER;
    }
    if (core_is_first()) {
        return SYS_ERR_CORE_FIRST;
    }
    trace_core_park(core);
    const uint64_t cycles_before = cycles();
    fp_park();
    map_restore_identity(kernel_image_base);
    gic_park_core();
    core_set_state(CORE_STATE_PARKED);
    const bool refused = suspend(psci_cpu_off) != 0;
    core_set_state(CORE_STATE_RUNS);
    map_drop_identity();
    gic_init_core();
    fp_init_core();
    if (!refused) {
        pmu_resume_core(cycles_before);
    }
    schedule_resume();
    trace_record_clock();
    trace_core_resume(core);
    wake_all(); // nobody knows what was missed
    return refused ? SYS_ERR_CORE_FIRMWARE : SYS_ERR_OK;
}

errval_t core_resume(coreid_t core)
{
    if (core_state(core) != CORE_STATE_PARKED) {
        return SYS_ERR_CORE_STATE;
    }
    const lpaddr_t entry = core_line(core)->image + ((lvaddr_t)resumed_entry - (lvaddr_t)image_start);
    return core_switch_on(core, entry) == PSCI_SUCCESS ? SYS_ERR_OK : SYS_ERR_CORE_FIRMWARE;
}
