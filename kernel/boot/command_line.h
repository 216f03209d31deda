/**
 * The kernel's own words on the command line; the rest is init's.
 */
#ifndef KERNEL_BOOT_COMMAND_LINE_H
#define KERNEL_BOOT_COMMAND_LINE_H

#include <stdint.h>

/// Value of the word `name=NUMBER`, or `otherwise` if it is missing or not a number.
uint64_t command_line_number(const char *command_line, const char *name, uint64_t otherwise);

#endif
