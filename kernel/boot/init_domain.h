/**
 * Builds the first domain, init, and gives it everything that there is: RAM, modules, devices, as
 * capabilities.
 */
#ifndef KERNEL_BOOT_INIT_DOMAIN_H
#define KERNEL_BOOT_INIT_DOMAIN_H

#include <abi/bootinfo.h>

struct dcb;

/**
 * \param info   filled but for regions, modules and devices
 * \param image  where the image lies, which holds the modules
 * \param trace  physical address of the trace ring, 0 without tracing
 * \return init's dispatcher, ready to run
 */
struct dcb *init_domain_create(struct bootinfo *info, lpaddr_t image, lpaddr_t trace);

#endif
