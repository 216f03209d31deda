/**
 * Stopping the core that runs, so that it can go on later.
 */
#ifndef ARMV8_SUSPEND_H
#define ARMV8_SUSPEND_H

#define SUSPENDED_BYTES 160

#ifndef __ASSEMBLER__
#include <stdint.h>

/**
 * Saves what the firmware does not keep, and calls `stop`, which switches the core off.
 *
 * \return 0 once the core is resumed at resumed_entry; or what `stop` returned, for it failed
 */
int64_t suspend(int64_t (*stop)(void));
#endif

#endif
