/**
 * The few functions of <string.h> that the kernel and the device tree library need, with general registers
 * only.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict destination, const void *restrict source, size_t bytes)
{
    char *to = destination;
    const char *from = source;
    if ((((uintptr_t)to | (uintptr_t)from) & 7) == 0) {
        for (; bytes >= 8; bytes -= 8, to += 8, from += 8) {
            *(uint64_t *)to = *(const uint64_t *)from;
        }
    }
    while (bytes-- > 0) {
        *to++ = *from++;
    }
    return destination;
}

void *memmove(void *destination, const void *source, size_t bytes)
{
    char *to = destination;
    const char *from = source;
    if (to <= from || to >= from + bytes) {
        return memcpy(destination, source, bytes);
    }
    while (bytes-- > 0) {
        to[bytes] = from[bytes];
    }
    return destination;
}

void *memset(void *destination, int value, size_t bytes)
{
    char *to = destination;
    while (bytes > 0 && ((uintptr_t)to & 7) != 0) {
        *to++ = (char)value;
        bytes--;
    }
    const uint64_t word = 0x0101010101010101UL * (uint8_t)value;
    for (; bytes >= 8; bytes -= 8, to += 8) {
        *(uint64_t *)to = word;
    }
    while (bytes-- > 0) {
        *to++ = (char)value;
    }
    return destination;
}

int memcmp(const void *first, const void *second, size_t bytes)
{
    const uint8_t *a = first, *b = second;
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] != b[i]) {
            return a[i] - b[i];
        }
    }
    return 0;
}

void *memchr(const void *memory, int value, size_t bytes)
{
    const uint8_t *at = memory;
    for (size_t i = 0; i < bytes; i++) {
        if (at[i] == (uint8_t)value) {
            return (void *)(uintptr_t)(at + i);
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    return length;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length] != 0) {
        length++;
    }
    return length;
}

char *strchr(const char *text, int c)
{
    while (*text != (char)c) {
        if (*text++ == 0) {
            return NULL;
        }
    }
    return (char *)(uintptr_t)text;
}

char *strrchr(const char *text, int c)
{
    const char *last = NULL;
    do {
        if (*text == (char)c) {
            last = text;
        }
    } while (*text++ != 0);
    return (char *)(uintptr_t)last;
}

int strcmp(const char *first, const char *second)
{
    while (*first != 0 && *first == *second) {
        first++;
        second++;
    }
    return (uint8_t)*first - (uint8_t)*second;
}
