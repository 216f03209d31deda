#include <arch/armv8/psci.h>
#include <console.h>
#include <core/core.h>
#include <power.h>
#include <trace/drain.h>
#include <trace/emit.h>

void power_off(uint32_t status)
{
    core_halt_others(); // or they would go on filling their rings
    // The drain comes first, so that the last event stands close to the end of the stream.
    while (trace_drain_frame(true) != 0) {
    }
    trace_boot_power_off(status);
    trace_drain_frame(true);
    console_clock();
    console_end(status);
    psci_system_off();
}
