#include <aos/clock.h>

#define NANOSECONDS_PER_SECOND  1000000000UL
#define MICROSECONDS_PER_SECOND 1000000UL

/// Reads the counter after everything before it is done (Armv8 ARM D13.1: reads may otherwise move).
uint64_t clock_ticks(void)
{
    uint64_t ticks;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

static uint64_t ticks_per_second(void)
{
    uint64_t hz;
    __asm__("mrs %0, cntfrq_el0" : "=r"(hz));
    return hz;
}

/// \param units of the result in a second
static uint64_t now(uint64_t units)
{
    uint64_t ticks = clock_ticks(), hz = ticks_per_second();
    return ticks / hz * units + ticks % hz * units / hz;
}

uint64_t clock_now_ns(void)
{
    return now(NANOSECONDS_PER_SECOND);
}

uint64_t clock_now_us(void)
{
    return now(MICROSECONDS_PER_SECOND);
}

uint64_t clock_ticks_of_us(uint64_t us)
{
    uint64_t hz = ticks_per_second(), seconds = us / MICROSECONDS_PER_SECOND;
    if (seconds >= CLOCK_NEVER / hz) {
        return CLOCK_NEVER;
    }
    uint64_t rest = us % MICROSECONDS_PER_SECOND * hz;
    return seconds * hz + (rest + MICROSECONDS_PER_SECOND - 1) / MICROSECONDS_PER_SECOND;
}
