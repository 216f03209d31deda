/**
 * Instead of kernel/arch/armv8/sgi.h: the test hears of interrupts between cores.
 */
#ifndef ARMV8_SGI_H
#define ARMV8_SGI_H

#include <arch/armv8/gic.h>

void sgi_send(unsigned core, unsigned sgi);

#endif
