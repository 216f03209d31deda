/**
 * The generic timer of this core (its virtual part, which every exception level configuration has), and the
 * clocks.
 */
#ifndef ARMV8_TIMER_H
#define ARMV8_TIMER_H

#include <abi/types.h>

uint64_t timer_counter(void);     ///< The system counter, in ticks.
uint64_t timer_counter_hz(void);  ///< Its frequency.
void timer_init(void);            ///< Lets user level read the counter and its frequency.
void timer_arm_at(uint64_t when); ///< One interrupt, when the counter is there; at once if it was.
void timer_disarm(void);

/// Measures the frequency of the cycle counter against the system counter, to the nearest MHz; takes 100 us.
uint64_t timer_measure_cycle_hz(void);

#endif
