/**
 * What entering the kernel costs.
 */
#include <harness/harness.h>
#include <rt/syscall.h>

static errval_t null_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = sys_null();
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static const struct bench benches[] = {
    {.name = "syscall.null", .params = "", .unit = "cycles", .sample = null_sample},
};

BENCH_SUITE(syscall, benches);
