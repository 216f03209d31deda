/**
 * The end of a kernel that found a bug in itself: says why, shows registers and a backtrace, sends what is
 * left of the trace, and switches the machine off. The host resolves the addresses.
 */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include <abi/dispatcher.h>

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// With the registers of an exception.
_Noreturn void panic_registers(const struct registers *registers, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
