#include <abi/types.h>
#include <harness/harness.h>
#include <harness/overhead.h>

#define READINGS  101
#define WARM_UP   16
#define TOLERANCE 1 ///< Cycles that a reading may be off the median, or an eighth of it.
#define OUTLIERS  5 ///< Readings that may be further off: interrupts.

static errval_t empty(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    sample->end = cycle_count();
    sample->begin = begin;
    return SYS_ERR_OK;
}

static void sort(uint64_t *values, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        uint64_t value = values[i];
        unsigned at = i;
        for (; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
}

bool overhead_measure(uint64_t *overhead)
{
    errval_t (*volatile sample)(const struct bench *, struct bench_sample *) = empty;
    uint64_t readings[READINGS];
    for (unsigned i = 0; i < WARM_UP + READINGS; i++) {
        struct bench_sample reading;
        sample(NULL, &reading);
        if (i >= WARM_UP) {
            readings[i - WARM_UP] = reading.end - reading.begin;
        }
    }
    sort(readings, READINGS);
    uint64_t median = readings[READINGS / 2];
    uint64_t tolerance = median / 8 > TOLERANCE ? median / 8 : TOLERANCE;
    *overhead = median;
    return median - readings[OUTLIERS] <= tolerance && readings[READINGS - 1 - OUTLIERS] - median <= tolerance;
}
