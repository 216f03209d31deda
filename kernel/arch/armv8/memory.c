/**
 * The window to physical memory.
 */
#include <arch/armv8/layout.h>
#include <arch/armv8/sysreg.h>
#include <cap/cap.h>

extern char image_start[];

/// Where the image was loaded; set by main.c.
lpaddr_t kernel_image_base;

lpaddr_t virt_to_phys(const void *va)
{
    const lvaddr_t address = (lvaddr_t)va;
    return address >= KERNEL_BASE ? address - KERNEL_BASE + kernel_image_base : address - PHYSICAL_WINDOW;
}

/// Clears four blocks, and returns what lies behind them.
static inline char *zero_four(char *at, uint64_t block)
{
    __asm__ volatile("dc zva, %0\n\tadd %0, %0, %1\n\t"
                     "dc zva, %0\n\tadd %0, %0, %1\n\t"
                     "dc zva, %0\n\tadd %0, %0, %1\n\t"
                     "dc zva, %0\n\tadd %0, %0, %1"
                     : "+r"(at)
                     : "r"(block)
                     : "memory");
    return at;
}

/// Multiples of 1024 bytes, so four blocks at a time come out even; sixteen do, of the usual size.
void memory_zero(lpaddr_t base, gensize_t bytes)
{
    const uint64_t block = 4UL << (sysreg_read(dczid_el0) & 15);
    char *at = phys_to_virt(base);
    const char *end = at + bytes;
    while (block == 64 && at < end) {
        at = zero_four(zero_four(zero_four(zero_four(at, block), block), block), block);
    }
    while (at < end) {
        at = zero_four(at, block);
    }
}
