#include <arch/armv8/pmu.h>
#include <arch/armv8/sysreg.h>

#define USER_READS_CYCLES 4
#define USER_READS_EVENTS 8

void pmu_init_core(void)
{
    sysreg_write(pmuserenr_el0, USER_READS_CYCLES | USER_READS_EVENTS);
    sysreg_write(pmccfiltr_el0, 0);
    isb();
}

void pmu_resume_core(uint64_t cycles_before)
{
    pmu_init_core();
    sysreg_write(pmccntr_el0, cycles() + cycles_before);
    isb();
}

bool pmu_select(unsigned counter, uint16_t event)
{
    const unsigned counters = sysreg_read(pmcr_el0) >> 11 & 31;
    if (counter >= counters) {
        return false;
    }
    sysreg_write(pmcntenclr_el0, 1U << counter);
    sysreg_write(pmselr_el0, counter);
    isb();
    sysreg_write(pmxevtyper_el0, event);
    sysreg_write(pmxevcntr_el0, 0);
    sysreg_write(pmcntenset_el0, 1U << counter);
    isb();
    return true;
}
