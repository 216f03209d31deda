/**
 * The suite `boot`: how long after the first kernel instruction each stage of the start-up was reached. init
 * runs it itself.
 */
#ifndef BENCH_BOOT_H
#define BENCH_BOOT_H

#include <stdint.h>

/**
 * Notes that init has reached a stage now.
 *
 * \param name stays the caller's, and must stay
 */
void boot_note(const char *name);

/**
 * Sends the rows `boot.<stage>`, one sample each: the kernel's stages, then those that were noted.
 *
 * \param first number of the first row in this boot
 * \return number of rows
 */
uint32_t boot_report(uint32_t first);

#endif
