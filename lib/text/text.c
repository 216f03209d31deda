#include <aos/text.h>

void text_init(struct text *text, char *buffer, size_t bytes)
{
    *text = (struct text){.start = buffer, .bytes = bytes};
    buffer[0] = 0;
}

void text_add(struct text *text, const char *string)
{
    while (*string && text->length + 1 < text->bytes) {
        text->start[text->length++] = *string++;
    }
    text->start[text->length] = 0;
}

void text_add_unsigned(struct text *text, uint64_t value)
{
    char digits[21];
    char *at = digits + sizeof(digits) - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    text_add(text, at);
}

void text_add_signed(struct text *text, int64_t value)
{
    if (value < 0) {
        text_add(text, "-");
    }
    text_add_unsigned(text, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void text_add_hex(struct text *text, uint64_t value)
{
    char digits[17];
    char *at = digits + sizeof(digits) - 1;
    *at = 0;
    do {
        *--at = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    text_add(text, "0x");
    text_add(text, at);
}
