/**
 * What a kernel that is not the first one must know when it starts. Part of the image's initialised data: the
 * first core's kernel writes it into the copy.
 */
#ifndef KERNEL_CORE_PARAMETERS_H
#define KERNEL_CORE_PARAMETERS_H

#include <abi/bootinfo.h>

struct core_parameters {
    coreid_t core;
    uint32_t cores;
    uint32_t first_affinity; ///< gic_affinity() of the first core.
    uint32_t shared_rights;
    lpaddr_t lines;       ///< Of all cores (core.h).
    lpaddr_t first_image; ///< Image of the first core, with the boot modules behind it.
    lpaddr_t images;      ///< Of all other cores, one behind the other; 0 if there are none.
    lpaddr_t ram;         ///< The core's own memory.
    gensize_t ram_bytes;
    lpaddr_t shared; ///< The Frame that its init shares with the one that started it.
    gensize_t shared_bytes;
    lpaddr_t trace; ///< Its trace ring, or 0.
    uint64_t cycle_hz;
    uint32_t region_count; ///< All RAM that is no kernel's image: what stands in the window.
    struct boot_region regions[BOOTINFO_MAX_REGIONS];
    char command_line[1024];
};

extern struct core_parameters core_parameters;

#endif
