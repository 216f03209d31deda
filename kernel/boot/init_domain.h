/**
 * Builds the first domain, init, and gives it everything that there is: RAM, modules, devices, as
 * capabilities.
 */
#ifndef KERNEL_BOOT_INIT_DOMAIN_H
#define KERNEL_BOOT_INIT_DOMAIN_H

#include <abi/bootinfo.h>

struct dcb;

/// What init gets besides memory.
struct init_gifts {
    lpaddr_t image;  ///< Where the first core's image lies, which holds the modules.
    lpaddr_t trace;  ///< The core's trace ring, 0 without tracing.
    lpaddr_t shared; ///< Not the first core: a Frame that is shared with the init that started this core.
    gensize_t shared_bytes;
    uint8_t shared_rights;
    bool devices; ///< The first core: device frames, and all interrupts.
};

/**
 * \param info  filled but for regions, modules and devices
 * \return init's dispatcher, ready to run
 */
struct dcb *init_domain_create(struct bootinfo *info, const struct init_gifts *gifts);

#endif
