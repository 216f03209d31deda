/**
 * System registers and barriers as functions.
 */
#ifndef ARMV8_SYSREG_H
#define ARMV8_SYSREG_H

#include <stdint.h>

#define sysreg_read(name)                                  \
    ({                                                     \
        uint64_t value_;                                   \
        __asm__ volatile("mrs %0, " #name : "=r"(value_)); \
        value_;                                            \
    })
#define sysreg_write(name, value)                                                    \
    do {                                                                             \
        __asm__ volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory"); \
    } while (0)

static inline void isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}
static inline void dsb_ish(void)
{
    __asm__ volatile("dsb ish" : : : "memory");
}
static inline void dsb_sy(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}
static inline void wfi(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

static inline uint64_t cycles(void)
{
    return sysreg_read(pmccntr_el0);
}

static inline uint32_t mmio_read32(uintptr_t address)
{
    return *(volatile uint32_t *)address;
}
static inline void mmio_write32(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}
static inline uint64_t mmio_read64(uintptr_t address)
{
    return *(volatile uint64_t *)address;
}
static inline void mmio_write64(uintptr_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}
static inline void mmio_write8(uintptr_t address, uint8_t value)
{
    *(volatile uint8_t *)address = value;
}

#endif
