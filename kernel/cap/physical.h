/**
 * How the kernel reaches physical memory: all RAM lies in one window of its address space.
 *
 * Inline because every step through the mapping database and every CSpace lookup goes through here. The host
 * tests have their own file of this name.
 */
#ifndef KERNEL_PHYSICAL_H
#define KERNEL_PHYSICAL_H

#include <abi/types.h>
#include <arch/armv8/layout.h>

/// Kernel address of physical memory.
static inline void *phys_to_virt(lpaddr_t pa)
{
    return (void *)(PHYSICAL_WINDOW | pa);
}

/// Physical address of an object that lies in the window, as everything made from capabilities does. The
/// kernel's own image lies elsewhere: virt_to_phys takes both.
static inline lpaddr_t window_to_phys(const void *va)
{
    return (lpaddr_t)va & ~PHYSICAL_WINDOW;
}

#endif
