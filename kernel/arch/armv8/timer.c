#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>

#define CNTV_ENABLE             1
#define CNTKCTL_EL0VCTEN        2
#define MEASUREMENTS_PER_SECOND 10000
#define MEGAHERTZ               1000000

uint64_t timer_counter(void)
{
    isb();
    return sysreg_read(cntvct_el0);
}

uint64_t timer_counter_hz(void)
{
    return sysreg_read(cntfrq_el0);
}

void timer_init(void)
{
    sysreg_write(cntkctl_el1, CNTKCTL_EL0VCTEN);
}

void timer_arm_at(uint64_t when)
{
    sysreg_write(cntv_cval_el0, when);
    sysreg_write(cntv_ctl_el0, CNTV_ENABLE);
}

void timer_disarm(void)
{
    sysreg_write(cntv_ctl_el0, 0);
}

/// Cycles a second, from one look of `ticks` system counter ticks that starts with a tick.
static __attribute__((noinline)) uint64_t measure(uint64_t ticks)
{
    const uint64_t hz = timer_counter_hz();
    const uint64_t edge = timer_counter();
    uint64_t start, now;
    while ((start = timer_counter()) == edge) {
    }
    const uint64_t first = cycles();
    while ((now = timer_counter()) - start < ticks) {
    }
    return (cycles() - first) * hz / (now - start);
}

uint64_t timer_measure_cycle_hz(void)
{
    const uint64_t ticks = timer_counter_hz() / MEASUREMENTS_PER_SECOND;
    measure(ticks / 8); // brings the code into caches, or an emulator's translation
    return (measure(ticks) + MEGAHERTZ / 2) / MEGAHERTZ * MEGAHERTZ;
}
