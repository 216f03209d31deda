/**
 * The boot modules: files that the build packed behind the kernel (cmake/image.cmake).
 */
#ifndef KERNEL_BOOT_MODULES_H
#define KERNEL_BOOT_MODULES_H

#include <abi/types.h>
#include <arch/armv8/layout.h>

/// One file. The table is generated; its entries stand in read-only data.
struct module {
    const char *name;
    uint64_t address; ///< As linked, behind KERNEL_BASE; a multiple of 4096. It is not mapped there: see
                      ///< module_base().
    uint64_t bytes;
};

extern const struct module modules[];
extern const uint64_t module_count;

/// Where a module lies in an image that was loaded at `image`.
static inline lpaddr_t module_base(const struct module *module, lpaddr_t image)
{
    return image + (module->address - KERNEL_BASE);
}

#endif
