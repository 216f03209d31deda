/**
 * Physical memory while the kernel starts: what there is, less what is taken. Afterwards it is all init's.
 */
#ifndef KERNEL_BOOT_MEMORY_H
#define KERNEL_BOOT_MEMORY_H

#include <abi/bootinfo.h>

/// Adds a range of RAM, rounded inwards to pages. What lies beyond the kernel's reach is left out.
void memory_add(lpaddr_t base, gensize_t bytes);

/// Takes a range out, rounded outwards to pages.
void memory_reserve(lpaddr_t base, gensize_t bytes);

/// Makes all of it reachable. From here on memory_take works.
void memory_map(lpaddr_t image);

/// Takes memory for good, from the top of the largest range. Both arguments multiples of pages, `align` a
/// power of two. Panics when there is none.
lpaddr_t memory_take(gensize_t bytes, gensize_t align);

/// The same for what has no capability, being the kernel's own: no capability for it may ever be made.
lpaddr_t memory_take_own(gensize_t bytes, gensize_t align);

/// True if any of this memory is the kernel's own.
bool memory_is_own(lpaddr_t base, gensize_t bytes);

/// memory_take(), cleared.
lpaddr_t memory_take_clear(gensize_t bytes, gensize_t align);

/// The ranges that are left.
size_t memory_regions(struct boot_region *regions, size_t limit);

gensize_t memory_total(void);

/// Bytes that are not used because there are more ranges than fit.
gensize_t memory_left_out(void);

#endif
