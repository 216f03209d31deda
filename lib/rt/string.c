/**
 * strlen and strnlen eight bytes at a time: strings of messages are measured on both sides.
 *
 * Words are aligned, so none reaches into a page that the string has no part of.
 */
#include <stdint.h>
#include <string.h>

#define WORD  sizeof(uint64_t)
#define ONES  0x0101010101010101UL
#define HIGHS 0x8080808080808080UL

typedef uint64_t __attribute__((may_alias)) word;

/// The lowest bit that is set stands in the first byte that is 0. 0: there is none.
static inline uint64_t zero_bytes(uint64_t value)
{
    return (value - ONES) & ~value & HIGHS;
}

/// \param limit so many bytes are looked at, or up to seven more
static inline size_t length(const char *string, size_t limit)
{
    size_t at = 0;
    for (; (uintptr_t)(string + at) % WORD != 0 && at < limit; at++) {
        if (string[at] == 0) {
            return at;
        }
    }
    for (; at < limit; at += WORD) {
        const uint64_t found = zero_bytes(*(const word *)(string + at));
        if (found) {
            return at + (size_t)__builtin_ctzl(found) / 8;
        }
    }
    return limit;
}

size_t strlen(const char *string)
{
    return length(string, SIZE_MAX);
}

size_t strnlen(const char *string, size_t limit)
{
    const size_t found = length(string, limit);
    return found < limit ? found : limit;
}
