/**
 * The system counter as a clock. It counts on from power-on, evenly, and is read without entering the kernel.
 */
#ifndef AOS_CLOCK_H
#define AOS_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER UINT64_MAX ///< As a deadline: none.

/// Time since power-on, to the tick of the counter: 125 ns on the i.MX 8M Plus.
uint64_t clock_now_ns(void);
uint64_t clock_now_us(void);

/// The system counter, in ticks.
uint64_t clock_ticks(void);

/// The first tick that is not before a time; CLOCK_NEVER for that and what is too far away.
uint64_t clock_ticks_of_us(uint64_t us);

#endif
