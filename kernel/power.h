/**
 * The orderly end: what is left of the trace, the END frame, and the machine off.
 */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include <stdint.h>

_Noreturn void power_off(uint32_t status);

#endif
