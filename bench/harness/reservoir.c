#include <harness/reservoir.h>

#define RANDOM_SEED 0x9e3779b97f4a7c15UL ///< Any number but 0.

void reservoir_init(struct reservoir *reservoir)
{
    reservoir->count = 0;
    reservoir->random = RANDOM_SEED;
}

/// xorshift64*: good enough for a choice, and the same on every machine.
static uint64_t random_below(struct reservoir *reservoir, uint64_t limit)
{
    uint64_t x = reservoir->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    reservoir->random = x;
    return (x * 0x2545f4914f6cdd1dUL >> 16) % limit;
}

void reservoir_offer(struct reservoir *reservoir, int64_t sample)
{
    uint64_t number = reservoir->count++;
    uint64_t place = number < BENCH_MAX_SAMPLES ? number : random_below(reservoir, number + 1);
    if (place < BENCH_MAX_SAMPLES) {
        reservoir->samples[place] = sample;
    }
}

size_t reservoir_kept(const struct reservoir *reservoir)
{
    return reservoir->count < BENCH_MAX_SAMPLES ? reservoir->count : BENCH_MAX_SAMPLES;
}
