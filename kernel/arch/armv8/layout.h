/**
 * The kernel's address space, the same on every core; what differs between cores is the memory behind the
 * private data.
 *
 *   PHYSICAL_WINDOW     all RAM, read-write, never executable, with a hole where each core's image lies: no
 *                       core can reach kernel text or any core's private data through it
 *   KERNEL_BASE         the image: text (read, execute), constants (read), private data (read, write), a
 * guard under each stack KERNEL_FDT          the device tree, while the kernel starts KERNEL_DEVICES
 * interrupt controller and console, 2 MiB each KERNEL_OTHER_IMAGE  another core's image, for the moment in
 * which the first core writes it
 */
#ifndef ARMV8_LAYOUT_H
#define ARMV8_LAYOUT_H

#define PHYSICAL_WINDOW      0xffff000000000000
#define PHYSICAL_LIMIT       0x4000000000 ///< 256 GiB: what 32-bit links between slots reach.
#define KERNEL_BASE          0xffffff8000000000
#define KERNEL_IMAGE_BYTES   0x200000
#define KERNEL_FDT           0xffffff8000800000
#define KERNEL_FDT_BYTES     0x400000
#define KERNEL_DEVICES       0xffffff8001000000
#define KERNEL_DEVICES_LIMIT 0xffffff8005000000
#define KERNEL_OTHER_IMAGE   0xffffff8005000000

#define PTE_VALID       (1UL << 0)
#define PTE_TABLE       (1UL << 1) ///< Also marks a page in the last level.
#define PTE_ATTR(index) ((uint64_t)(index) << 2)
#define PTE_EL0         (1UL << 6)
#define PTE_READ_ONLY   (1UL << 7)
#define PTE_INNER_SHARE (3UL << 8)
#define PTE_ACCESSED    (1UL << 10)
#define PTE_NOT_GLOBAL  (1UL << 11)
#define PTE_PXN         (1UL << 53)
#define PTE_UXN         (1UL << 54)
#define PTE_ADDRESS     0x0000fffffffff000UL

#define MAIR_NORMAL   0
#define MAIR_DEVICE   1
#define MAIR_UNCACHED 2
#define MAIR_VALUE    0x4400ffUL ///< Write-back, device nGnRnE, normal uncached.

/* 48 bits on both sides, 4 KiB granule, inner shareable write-back walks, 16-bit ASIDs from TTBR0, 40-bit
 * physical addresses. */
#define TCR_VALUE                                                                                         \
    (16UL | 1UL << 8 | 1UL << 10 | 3UL << 12 | 16UL << 16 | 1UL << 24 | 1UL << 26 | 3UL << 28 | 2UL << 30 \
     | 2UL << 32 | 1UL << 36)

/* MMU, caches, stack alignment, writable implies never executable; user level may use dc zva, cache
 * maintenance to the point of unification, CTR_EL0, WFI and WFE. */
#define SCTLR_VALUE 0x34ddd81dUL

#endif
