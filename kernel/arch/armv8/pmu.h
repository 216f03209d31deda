/**
 * Performance counters: open to user level for reading, programmed through a PerfMon capability.
 */
#ifndef ARMV8_PMU_H
#define ARMV8_PMU_H

#include <abi/types.h>

/// Lets user level read the cycle counter and the event counters of this core. entry.S has started the cycle
/// counter.
void pmu_init_core(void);

/// Makes event counter `counter` count `event` (architecture's number) from 0. False if there is no such
/// counter.
bool pmu_select(unsigned counter, uint16_t event);

/// The core has been resumed: the cycle counter, which began anew, goes on behind what it was. Event counters
/// are to be selected anew.
void pmu_resume_core(uint64_t cycles_before);

#endif
