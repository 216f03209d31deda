/**
 * What the boot loader says in a flattened device tree: memory, what to keep off, and the command line.
 */
#ifndef KERNEL_BOOT_DEVICE_TREE_H
#define KERNEL_BOOT_DEVICE_TREE_H

#include <abi/types.h>

/**
 * Adds the RAM that the tree describes, and reserves what it reserves. A tree that is damaged counts as none.
 *
 * \param fdt           the tree, or NULL
 * \param mapped        bytes from `fdt` on that can be read
 * \param command_line  gets /chosen/bootargs, cut to `size`; empty if there is none
 * \return true if the tree described memory
 */
bool device_tree_read(const void *fdt, size_t mapped, char *command_line, size_t size);

#endif
