/**
 * What the boot loader says in a flattened device tree: memory, what to keep off, and the command line.
 */
#ifndef KERNEL_BOOT_DEVICE_TREE_H
#define KERNEL_BOOT_DEVICE_TREE_H

#include <abi/types.h>

/**
 * Reads the tree at physical address `fdt` (0: none), which map_kernel_early mapped: adds RAM, reserves what is reserved.
 *
 * \param command_line  gets /chosen/bootargs, cut to `size`; empty if there is none
 * \return true if the tree described memory
 */
bool device_tree_read(lpaddr_t fdt, char *command_line, size_t size);

#endif
