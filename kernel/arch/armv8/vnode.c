/**
 * Page tables of domains: entries as the hardware wants them, and the TLB.
 */
#include <abi/syscall.h>
#include <arch/armv8/layout.h>
#include <arch/armv8/sysreg.h>
#include <cap/cap.h>

#define PERMISSION_BITS (PTE_READ_ONLY | PTE_UXN)

static uint64_t permissions(uint64_t flags)
{
    return (flags & VREGION_FLAGS_WRITE ? 0 : PTE_READ_ONLY) | (flags & VREGION_FLAGS_EXECUTE ? 0 : PTE_UXN);
}

/// Bits of an entry that maps memory for user level. Nothing that user level may execute is executable for
/// the kernel.
static uint64_t leaf_flags(unsigned level, bool device, uint64_t flags)
{
    uint64_t entry =
        PTE_VALID | PTE_EL0 | PTE_ACCESSED | PTE_NOT_GLOBAL | PTE_PXN | (level == 3 ? PTE_TABLE : 0);
    if (device) {
        entry |= PTE_ATTR(MAIR_DEVICE);
    } else if (flags & VREGION_FLAGS_NOCACHE) {
        entry |= PTE_ATTR(MAIR_UNCACHED) | PTE_INNER_SHARE;
    } else {
        entry |= PTE_ATTR(MAIR_NORMAL) | PTE_INNER_SHARE;
    }
    return entry | permissions(flags);
}

bool vnode_write(lpaddr_t pte, unsigned level, size_t count, lpaddr_t target, bool leaf, bool device,
                 uint64_t flags)
{
    volatile uint64_t *entries = phys_to_virt(pte);
    for (size_t i = 0; i < count; i++) {
        if (entries[i] != 0) {
            return false;
        }
    }
    const uint64_t bits = leaf ? leaf_flags(level, device, flags) : PTE_TABLE | PTE_VALID;
    const gensize_t step = leaf ? 1UL << (39 - 9 * level) : BASE_PAGE_SIZE;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (target + i * step) | bits;
    }
    // An entry that was invalid is in no TLB; the walker must see the new one before user level runs.
    __asm__ volatile("dsb ishst" : : : "memory");
    return true;
}

void vnode_clear(lpaddr_t pte, size_t count)
{
    volatile uint64_t *table = phys_to_virt(pte);
    for (size_t i = 0; i < count; i++) {
        table[i] = 0;
    }
    // Where and in which address spaces the table is mapped is not looked for: everything of user level goes.
    vnode_forget_all();
}

void vnode_permit(lpaddr_t pte, size_t count, uint64_t flags)
{
    volatile uint64_t *table = phys_to_virt(pte);
    const uint64_t bits = permissions(flags);
    // Permissions may change in a valid entry (Arm ARM, break-before-make); address and memory type may not.
    for (size_t i = 0; i < count; i++) {
        table[i] = (table[i] & ~PERMISSION_BITS) | bits;
    }
}

void vnode_forget(lvaddr_t address, size_t count, gensize_t span)
{
    __asm__ volatile("dsb ishst" : : : "memory");
    for (size_t i = 0; i < count; i++) {
        __asm__ volatile("tlbi vaale1is, %0" : : "r"((address + i * span) >> BASE_PAGE_BITS) : "memory");
    }
    __asm__ volatile("dsb ish\n\tisb" : : : "memory");
}

void vnode_forget_all(void)
{
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" : : : "memory");
}
