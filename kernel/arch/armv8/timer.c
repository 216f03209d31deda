#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>

#define CNTV_ENABLE 1

uint64_t timer_counter(void)
{
    isb();
    return sysreg_read(cntvct_el0);
}

uint64_t timer_counter_hz(void)
{
    return sysreg_read(cntfrq_el0);
}

void timer_arm(uint64_t ticks)
{
    sysreg_write(cntv_tval_el0, ticks);
    sysreg_write(cntv_ctl_el0, CNTV_ENABLE);
}

void timer_disarm(void)
{
    sysreg_write(cntv_ctl_el0, 0);
}

uint64_t timer_measure_cycle_hz(void)
{
    const uint64_t hz = timer_counter_hz();
    const uint64_t ticks = hz / 10000;
    const uint64_t edge = timer_counter();
    uint64_t start, now;
    while ((start = timer_counter()) == edge) {
    }
    const uint64_t first = cycles();
    while ((now = timer_counter()) - start < ticks) {
    }
    const uint64_t per_second = (cycles() - first) * hz / (now - start);
    return (per_second + 500000) / 1000000 * 1000000;
}
