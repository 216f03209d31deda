/**
 * The cycle counter.
 */
#ifndef AOS_CYCLES_H
#define AOS_CYCLES_H

#include <stdint.h>

/// Reads the cycle counter after everything before it is done (Armv8 ARM D13.1: reads may otherwise move).
static inline uint64_t cycle_count(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, pmccntr_el0" : "=r"(value)::"memory");
    return value;
}

#endif
