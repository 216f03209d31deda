/**
 * Text in a buffer of fixed size, without the C library: for code that may not take its locks or use floating
 * point registers. What does not fit is cut, and the buffer always ends with a 0.
 */
#ifndef AOS_TEXT_H
#define AOS_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *start;
    size_t bytes; ///< Of the buffer.
    size_t length;
};

/// Makes an empty text in a buffer of at least one byte, which stays the caller's.
void text_init(struct text *text, char *buffer, size_t bytes);

void text_add(struct text *text, const char *string);
void text_add_unsigned(struct text *text, uint64_t value);
void text_add_signed(struct text *text, int64_t value);
void text_add_hex(struct text *text, uint64_t value); ///< With 0x in front.

#endif
