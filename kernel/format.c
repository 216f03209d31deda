#include <format.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct output {
    char *buffer;
    size_t size;
    size_t length;
};

static void put(struct output *output, char c)
{
    if (output->length + 1 < output->size) {
        output->buffer[output->length++] = c;
    }
}

static void put_padded(struct output *output, const char *text, size_t length, unsigned width, char fill)
{
    for (size_t i = length; i < width; i++) {
        put(output, fill);
    }
    for (size_t i = 0; i < length; i++) {
        put(output, text[i]);
    }
}

static void put_number(struct output *output, uint64_t value, unsigned base, bool negative,
                       const char *prefix, unsigned width, char fill)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    if (negative) {
        digits[--at] = '-';
    }
    put_padded(output, prefix, strlen(prefix), 0, ' ');
    put_padded(output, digits + at, sizeof(digits) - at, width, fill);
}

/// One conversion; `format` points behind the percent sign. Returns where the format goes on.
static const char *convert(struct output *output, const char *format, va_list *arguments)
{
    const bool alternate = *format == '#';
    format += alternate;
    const char fill = *format == '0' ? '0' : ' ';
    unsigned width = 0;
    while (*format >= '0' && *format <= '9') {
        width = width * 10 + (unsigned)(*format++ - '0');
    }
    bool wide = false;
    while (*format == 'l' || *format == 'z') {
        wide = true;
        format++;
    }
    switch (*format) {
    case 's': {
        const char *text = va_arg(*arguments, const char *);
        put_padded(output, text, strlen(text), width, ' ');
        break;
    }
    case 'c':
        put(output, (char)va_arg(*arguments, int));
        break;
    case 'd': {
        const int64_t value = wide ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
        put_number(output, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0, "", width, fill);
        break;
    }
    case 'u':
    case 'x': {
        const uint64_t value = wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);
        put_number(output, value, *format == 'x' ? 16 : 10, false, alternate ? "0x" : "", width, fill);
        break;
    }
    case 'p':
        put_number(output, (uint64_t)va_arg(*arguments, void *), 16, false, "0x", width, fill);
        break;
    default:
        put(output, '%');
        put(output, *format);
    }
    return *format != 0 ? format + 1 : format;
}

size_t format_text(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output output = {buffer, size, 0};
    va_list rest;
    va_copy(rest, arguments);
    while (*format != 0) {
        if (*format == '%') {
            format = convert(&output, format + 1, &rest);
        } else {
            put(&output, *format++);
        }
    }
    va_end(rest);
    buffer[output.length] = 0;
    return output.length;
}

size_t format_string(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const size_t length = format_text(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
