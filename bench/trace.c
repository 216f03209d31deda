/**
 * What a trace point costs, where trace points of benches are compiled in. Without them the suite has no
 * rows.
 */
#include <harness/harness.h>
#include <trace/trace.h>

#if TRACE_ENABLED_BENCH
static errval_t point_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t number = bench->argument;
    uint64_t begin = cycle_count();
    trace_bench_point(number);
    sample->end = cycle_count();
    sample->begin = begin;
    return SYS_ERR_OK;
}

static const struct bench benches[] = {
    {.name = "trace.point", .params = "", .unit = "cycles", .argument = 1, .sample = point_sample},
};
#else
static const struct bench benches[0];
#endif

BENCH_SUITE(trace, benches);
