/**
 * A machine with nothing to do does nothing: counts the instructions that all cores execute while this domain
 * sleeps. The event counter counts for all cores only where the emulator counts instructions (icount).
 */
#include "check.h"

#include <aos/aos.h>
#include <rt/syscall.h>
#include <stdio.h>

#define INSTRUCTIONS_RETIRED 0x08 ///< Event number (Arm DDI 0487, D11.11.2).
#define SETTLE_US            500000
#define SLEEP_US             2000000U

static uint32_t instructions(void)
{
    uint64_t count;
    __asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(count));
    return (uint32_t)count;
}

int main(void)
{
    CHECK_OK(sys_invoke(get_cap_addr(cap_perfmon), PERFMON_SELECT, 0, INSTRUCTIONS_RETIRED, 0, 0, 0, 0).err);
    thread_sleep_until(clock_now_us() + SETTLE_US); // what the start left to do
    uint32_t before = instructions();
    thread_sleep_until(clock_now_us() + SLEEP_US);
    uint32_t executed = instructions() - before;
    printf("idle: %u instructions in %u us\n", executed, SLEEP_US);
    CHECK(executed > 0);
    return 0;
}
