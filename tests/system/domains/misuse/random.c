#include "misuse.h"

static uint64_t state;

void random_seed(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15UL + 1;
}

/// xorshift64*
uint64_t random_next(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dUL;
}

uint64_t random_below(uint64_t limit)
{
    return (random_next() >> 16) % limit;
}

uint64_t random_hostile(void)
{
    switch (random_below(8)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX - random_below(4);
    case 2:
        return (1UL << random_below(64)) + random_below(3) - 1;
    case 3:
        return random_below(1024);
    case 4:
        return random_below(64) * BASE_PAGE_SIZE;
    case 5:
        return 0xffff000000000000 + random_below(1UL << 40);
    case 6:
        return USER_DISPATCHER + random_below(1UL << 20);
    default:
        return random_next();
    }
}
