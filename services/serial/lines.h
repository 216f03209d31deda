/**
 * Lines of many writers on one console.
 */
#ifndef SERIAL_LINES_H
#define SERIAL_LINES_H

#include <abi/errno.h>
#include <interfaces/serial.h>
#include <stddef.h>

/// What a writer has written of a line that is not at its end. All zero: nothing.
struct line {
    size_t bytes;
    char text[SERIAL_LINE_BYTES];
};

/**
 * Appends text. Whole lines go out, and also the line if it fills the buffer.
 *
 * \return SYS_ERR_OK, or the kernel console's error; what could not be put out is lost then
 */
errval_t line_write(struct line *line, const char *text, size_t bytes);

/// Puts out what there is.
errval_t line_flush(struct line *line);

/// The writer is gone: puts out what there is, and ends the line on the console if it is this writer's.
void line_end(struct line *line);

#endif
