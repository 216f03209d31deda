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

/// Multiples of 1024 bytes, so four blocks at a time come out even.
void memory_zero(lpaddr_t base, gensize_t bytes)
{
    const uint64_t block = 4UL << (sysreg_read(dczid_el0) & 15);
    char *at = phys_to_virt(base);
    const char *end = at + bytes;
    for (; at < end; at += 4 * block) {
        __asm__ volatile("dc zva, %0\n\tdc zva, %1\n\tdc zva, %2\n\tdc zva, %3"
                         :
                         : "r"(at), "r"(at + block), "r"(at + 2 * block), "r"(at + 3 * block)
                         : "memory");
    }
}
