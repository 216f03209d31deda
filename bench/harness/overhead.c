#include <abi/types.h>
#include <harness/harness.h>
#include <harness/overhead.h>

#define READINGS  401
#define WARM_UP   1000 ///< In realtime mode the emulator and the host need some time to settle.
#define TOLERANCE 1    ///< Cycles between the quartiles, or a quarter of the median: more is not stable.

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

bool overhead_measure(struct overhead *overhead)
{
    errval_t (*volatile sample)(const struct bench *, struct bench_sample *) = empty;
    uint64_t readings[READINGS] = {0};
    for (unsigned i = 0; i < WARM_UP + READINGS; i++) {
        struct bench_sample reading;
        sample(NULL, &reading);
        if (i >= WARM_UP) {
            readings[i - WARM_UP] = reading.end - reading.begin;
        }
    }
    sort(readings, READINGS);
    overhead->lower = readings[READINGS / 4];
    overhead->median = readings[READINGS / 2];
    overhead->upper = readings[READINGS * 3 / 4];
    uint64_t tolerance = overhead->median / 4 > TOLERANCE ? overhead->median / 4 : TOLERANCE;
    return overhead->upper - overhead->lower <= tolerance;
}
