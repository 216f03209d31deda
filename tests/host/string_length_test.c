/**
 * The lengths of strings that begin and end anywhere in a word.
 *
 * Sources:
 */
#include "check.h"

#include <stdint.h>
#include <string.h>

#define strlen  tested_strlen
#define strnlen tested_strnlen
size_t tested_strlen(const char *string);
size_t tested_strnlen(const char *string, size_t limit);
#include "../../lib/rt/string.c"

#define ROOM 64

/// Bytes that a careless search for a 0 takes for one.
static const unsigned char fills[] = {1, 0x7f, 0x80, 0x81, 0xff};

static void test_every_place_and_length(void **state)
{
    (void)state;
    static _Alignas(8) char room[ROOM];
    for (size_t fill = 0; fill < sizeof(fills); fill++) {
        for (size_t begin = 0; begin < 2 * WORD; begin++) {
            for (size_t bytes = 0; begin + bytes < ROOM; bytes++) {
                memset(room, fills[fill], ROOM);
                room[begin + bytes] = 0;
                assert_int_equal(tested_strlen(room + begin), bytes);
                for (size_t limit = 0; begin + limit <= ROOM; limit++) {
                    assert_int_equal(tested_strnlen(room + begin, limit), limit < bytes ? limit : bytes);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_place_and_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
