/**
 * The kernel's own page tables. See layout.h for the picture.
 */
#ifndef ARMV8_MAP_H
#define ARMV8_MAP_H

#include <abi/types.h>

/// Maps the image and the device tree, and the image one to one for the moment the MMU goes on. Runs with the
/// MMU off.
void map_kernel_early(lpaddr_t image, lpaddr_t fdt);

/// Ends the one-to-one mapping; user tables take its place.
void map_drop_identity(void);

/// Brings it back, for a core that is about to be switched off and will come back with the MMU off.
void map_restore_identity(lpaddr_t image);

/// Makes a range of RAM reachable in PHYSICAL_WINDOW. Twice the same is fine. The kernel's image stays out.
/// Returns false if the kernel has no table left for it.
bool map_ram(lpaddr_t base, gensize_t bytes, lpaddr_t image);

/// Maps device registers; returns their kernel address. Panics when KERNEL_DEVICES is full.
lvaddr_t map_device(lpaddr_t base, gensize_t bytes);

/// Makes another core's image, 2 MiB, reachable for a moment: at KERNEL_OTHER_IMAGE.
void map_other_image(lpaddr_t image);
void map_drop_other_image(void);

/// Physical address of an empty root table, for when no domain runs.
lpaddr_t map_empty_root(void);

#endif
