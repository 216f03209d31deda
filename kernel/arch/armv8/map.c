/**
 * The kernel's own page tables: a handful of static ones in the core's private data.
 */
#include <arch/armv8/layout.h>
#include <arch/armv8/map.h>
#include <arch/armv8/sysreg.h>
#include <cap/cap.h>

#define ENTRIES       512
#define WINDOW_TABLES 8 ///< GiB of RAM that are not wholly RAM, or hold the kernel.
#define TABLE         __attribute__((section(".bss_pages,\"aw\",@nobits//"), aligned(4096)))

TABLE uint64_t kernel_l0[ENTRIES];
TABLE uint64_t identity_l0[ENTRIES];
TABLE static uint64_t identity_l1[ENTRIES];
TABLE static uint64_t window_l1[ENTRIES];
TABLE static uint64_t window_l2[WINDOW_TABLES][ENTRIES];
TABLE static uint64_t image_l1[ENTRIES];
TABLE static uint64_t image_l2[ENTRIES];
TABLE static uint64_t image_l3[ENTRIES];

extern char image_start[], rodata_start[], data_start[], private_end[], stack_guard[], emergency_guard[];

#define KERNEL_DATA   (PTE_VALID | PTE_ATTR(MAIR_NORMAL) | PTE_INNER_SHARE | PTE_ACCESSED | PTE_PXN | PTE_UXN)
#define KERNEL_DEVICE (PTE_VALID | PTE_ATTR(MAIR_DEVICE) | PTE_ACCESSED | PTE_PXN | PTE_UXN)

static unsigned window_tables_used;
static lvaddr_t next_device = KERNEL_DEVICES;

static inline size_t entry_of(lvaddr_t address, unsigned level)
{
    return address >> (39 - 9 * level) & (ENTRIES - 1);
}

/// Permissions of a page of the image; 0 for a guard.
static uint64_t image_page_flags(size_t offset, lpaddr_t image)
{
    const lpaddr_t page = image + offset;
    if (page == (lpaddr_t)stack_guard || page == (lpaddr_t)emergency_guard || page >= (lpaddr_t)private_end) {
        return 0;
    }
    if (page >= (lpaddr_t)data_start) {
        return KERNEL_DATA | PTE_TABLE;
    }
    if (page >= (lpaddr_t)rodata_start) {
        return KERNEL_DATA | PTE_TABLE | PTE_READ_ONLY;
    }
    return (KERNEL_DATA & ~PTE_PXN) | PTE_TABLE | PTE_READ_ONLY;
}

/* With the MMU off the address of a symbol, taken relative to the program counter, is its physical address.
 */
void map_kernel_early(lpaddr_t image, lpaddr_t fdt)
{
    identity_l0[entry_of(image, 0)] = (lpaddr_t)identity_l1 | PTE_TABLE | PTE_VALID;
    identity_l1[entry_of(image, 1)] = ROUND_DOWN(image, HUGE_PAGE_SIZE) | PTE_VALID | PTE_ATTR(MAIR_NORMAL)
                                      | PTE_INNER_SHARE | PTE_ACCESSED | PTE_READ_ONLY;

    kernel_l0[entry_of(PHYSICAL_WINDOW, 0)] = (lpaddr_t)window_l1 | PTE_TABLE | PTE_VALID;
    kernel_l0[entry_of(KERNEL_BASE, 0)] = (lpaddr_t)image_l1 | PTE_TABLE | PTE_VALID;
    image_l1[entry_of(KERNEL_BASE, 1)] = (lpaddr_t)image_l2 | PTE_TABLE | PTE_VALID;
    image_l2[entry_of(KERNEL_BASE, 2)] = (lpaddr_t)image_l3 | PTE_TABLE | PTE_VALID;
    for (size_t page = 0; page < ENTRIES; page++) {
        const size_t offset = page << BASE_PAGE_BITS;
        const uint64_t flags = image_page_flags(offset, image);
        image_l3[page] = flags != 0 ? (image + offset) | flags : 0;
    }
    for (size_t i = 0; fdt != 0 && i < KERNEL_FDT_BYTES / LARGE_PAGE_SIZE; i++) {
        const lpaddr_t block = ROUND_DOWN(fdt, LARGE_PAGE_SIZE) + i * LARGE_PAGE_SIZE;
        image_l2[entry_of(KERNEL_FDT, 2) + i] = block | KERNEL_DATA | PTE_READ_ONLY;
    }
}

void map_restore_identity(lpaddr_t image)
{
    // The tables behind it are still there.
    identity_l0[entry_of(image, 0)] = virt_to_phys(identity_l1) | PTE_TABLE | PTE_VALID;
    dsb_ish();
}

void map_other_image(lpaddr_t image)
{
    image_l2[entry_of(KERNEL_OTHER_IMAGE, 2)] = image | KERNEL_DATA;
    dsb_ish();
    isb();
}

void map_drop_other_image(void)
{
    image_l2[entry_of(KERNEL_OTHER_IMAGE, 2)] = 0;
    dsb_ish();
    __asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
}

lpaddr_t map_empty_root(void)
{
    return virt_to_phys(identity_l0);
}

void map_drop_identity(void)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        identity_l0[i] = 0;
    }
    dsb_ish();
    __asm__ volatile("tlbi vmalle1\n\tdsb ish\n\tisb" : : : "memory");
}

static bool map_window_block(lpaddr_t block, lpaddr_t image)
{
    if (block == image) {
        return true;
    }
    uint64_t *l1 = &window_l1[entry_of(PHYSICAL_WINDOW + block, 1)];
    if (*l1 == 0) {
        if (window_tables_used == WINDOW_TABLES) {
            return false;
        }
        *l1 = virt_to_phys(window_l2[window_tables_used++]) | PTE_TABLE | PTE_VALID;
    } else if ((*l1 & PTE_TABLE) == 0) {
        return true;
    }
    for (unsigned i = 0; i < window_tables_used; i++) {
        if ((*l1 & PTE_ADDRESS) == virt_to_phys(window_l2[i])) {
            window_l2[i][entry_of(PHYSICAL_WINDOW + block, 2)] = block | KERNEL_DATA;
        }
    }
    return true;
}

bool map_ram(lpaddr_t base, gensize_t bytes, lpaddr_t image)
{
    lpaddr_t block = ROUND_DOWN(base, LARGE_PAGE_SIZE);
    const lpaddr_t end = base + bytes;
    while (block < end) {
        const bool whole = (block & (HUGE_PAGE_SIZE - 1)) == 0 && end - block >= HUGE_PAGE_SIZE;
        uint64_t *l1 = &window_l1[entry_of(PHYSICAL_WINDOW + block, 1)];
        if (whole && *l1 == 0 && ROUND_DOWN(image, HUGE_PAGE_SIZE) != block) {
            *l1 = block | KERNEL_DATA;
            block += HUGE_PAGE_SIZE;
            continue;
        }
        if (!map_window_block(block, image)) {
            return false;
        }
        block += LARGE_PAGE_SIZE;
    }
    dsb_ish();
    isb();
    return true;
}

lvaddr_t map_device(lpaddr_t base, gensize_t bytes)
{
    const lpaddr_t first = ROUND_DOWN(base, LARGE_PAGE_SIZE);
    const lpaddr_t end = ROUND_UP(base + bytes, LARGE_PAGE_SIZE);
    const lvaddr_t address = next_device + (base - first);
    for (lpaddr_t block = first; block < end; block += LARGE_PAGE_SIZE) {
        if (next_device >= KERNEL_DEVICES_LIMIT) {
            panic("no room to map the device at %#lx", base);
        }
        image_l2[entry_of(next_device, 2)] = block | KERNEL_DEVICE;
        next_device += LARGE_PAGE_SIZE;
    }
    dsb_ish();
    isb();
    return address;
}
