/**
 * A small printf for the kernel: %s %c %d %u %x %p with l, zero fill and width.
 */
#ifndef KERNEL_FORMAT_H
#define KERNEL_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/// Writes at most `size` bytes, always ends with 0, returns the length without it.
size_t format_text(char *buffer, size_t size, const char *format, va_list arguments);
size_t format_string(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
