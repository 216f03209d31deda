/**
 * memcpy, memmove and memset eight bytes at a time: those of the C library, built for size, go byte by byte.
 *
 * Addresses need not be aligned: all memory of a domain allows unaligned accesses. Device registers are never
 * copied like this.
 */
#include <stdint.h>
#include <string.h>

#define WORD sizeof(uint64_t)

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

/// Right for overlapping ranges too if `to` lies below `from`: what is written has been read before.
static inline void copy_forwards(char *to, const char *from, size_t bytes)
{
    for (; bytes >= 8 * WORD; bytes -= 8 * WORD, to += 8 * WORD, from += 8 * WORD) {
        uint64_t a = ((const word *)from)[0], b = ((const word *)from)[1];
        uint64_t c = ((const word *)from)[2], d = ((const word *)from)[3];
        uint64_t e = ((const word *)from)[4], f = ((const word *)from)[5];
        uint64_t g = ((const word *)from)[6], h = ((const word *)from)[7];
        ((word *)to)[0] = a;
        ((word *)to)[1] = b;
        ((word *)to)[2] = c;
        ((word *)to)[3] = d;
        ((word *)to)[4] = e;
        ((word *)to)[5] = f;
        ((word *)to)[6] = g;
        ((word *)to)[7] = h;
    }
    for (; bytes >= WORD; bytes -= WORD, to += WORD, from += WORD) {
        *(word *)to = *(const word *)from;
    }
    while (bytes--) {
        *to++ = *from++;
    }
}

static inline void copy_backwards(char *to, const char *from, size_t bytes)
{
    while (bytes >= WORD) {
        bytes -= WORD;
        *(word *)(to + bytes) = *(const word *)(from + bytes);
    }
    while (bytes--) {
        to[bytes] = from[bytes];
    }
}

void *memcpy(void *restrict destination, const void *restrict source, size_t bytes)
{
    copy_forwards(destination, source, bytes);
    return destination;
}

void *memmove(void *destination, const void *source, size_t bytes)
{
    if ((uintptr_t)destination - (uintptr_t)source < bytes) {
        copy_backwards(destination, source, bytes);
    } else {
        copy_forwards(destination, source, bytes);
    }
    return destination;
}

void *memset(void *destination, int value, size_t bytes)
{
    char *to = destination;
    uint64_t pattern = (uint8_t)value * 0x0101010101010101UL;
    for (; bytes >= 4 * WORD; bytes -= 4 * WORD, to += 4 * WORD) {
        ((word *)to)[0] = pattern;
        ((word *)to)[1] = pattern;
        ((word *)to)[2] = pattern;
        ((word *)to)[3] = pattern;
    }
    for (; bytes >= WORD; bytes -= WORD, to += WORD) {
        *(word *)to = pattern;
    }
    while (bytes--) {
        *to++ = (char)value;
    }
    return destination;
}
