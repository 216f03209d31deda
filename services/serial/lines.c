#include "lines.h"

#include <aos/kernel.h>
#include <string.h>

/// Whose text stands in the last line of the console, as long as that has no end; or NULL.
static const struct line *unfinished;

/// Begins a line of its own if the console stands in somebody else's.
static errval_t put(const struct line *line, const char *text, size_t bytes)
{
    if (unfinished && unfinished != line) {
        kernel_print("\n", 1);
    }
    unfinished = text[bytes - 1] == '\n' ? NULL : line;
    return kernel_print(text, bytes);
}

/// Puts out the first part of the buffer.
static errval_t put_first(struct line *line, size_t bytes)
{
    errval_t err = put(line, line->text, bytes);
    line->bytes -= bytes;
    memmove(line->text, &line->text[bytes], line->bytes);
    return err;
}

/// Up to and with the last end of a line.
static size_t whole_lines(const struct line *line)
{
    size_t bytes = line->bytes;
    while (bytes && line->text[bytes - 1] != '\n') {
        bytes--;
    }
    return bytes;
}

errval_t line_write(struct line *line, const char *text, size_t bytes)
{
    errval_t err = SYS_ERR_OK;
    while (bytes && err_is_ok(err)) {
        size_t room = sizeof(line->text) - line->bytes;
        size_t part = bytes < room ? bytes : room;
        memcpy(&line->text[line->bytes], text, part);
        line->bytes += part;
        text += part;
        bytes -= part;
        size_t whole = whole_lines(line);
        if (whole == 0 && line->bytes == sizeof(line->text)) {
            whole = line->bytes;
        }
        if (whole) {
            err = put_first(line, whole);
        }
    }
    return err;
}

errval_t line_flush(struct line *line)
{
    return line->bytes ? put_first(line, line->bytes) : SYS_ERR_OK;
}

void line_end(struct line *line)
{
    line_flush(line);
    if (unfinished == line) {
        kernel_print("\n", 1);
        unfinished = NULL;
    }
}
