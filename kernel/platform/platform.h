/**
 * What the kernel must know of a board before it can ask anybody. One file a board; CMake picks it by its
 * name.
 */
#ifndef KERNEL_PLATFORM_H
#define KERNEL_PLATFORM_H

#include <abi/bootinfo.h>

struct platform {
    const char *name;
    lpaddr_t gic_distributor;
    lpaddr_t gic_redistributors;
    gensize_t gic_redistributors_bytes;
    lpaddr_t ram_base; ///< RAM that surely exists, for a start without a device tree.
    gensize_t ram_bytes;
    lpaddr_t console;
    gensize_t console_bytes;
    void (*console_init)(lvaddr_t registers);
    void (*console_put)(lvaddr_t registers, uint8_t byte); ///< Waits until the byte is taken.
    void (*console_flush)(lvaddr_t registers);             ///< Waits until everything is on the wire.
    size_t device_count;
    struct boot_device devices[BOOTINFO_MAX_DEVICES]; ///< Handed to init as device frames.
};

extern const struct platform platform;

#endif
