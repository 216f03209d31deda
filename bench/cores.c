/**
 * What it costs to wake a core. In icount mode a core runs on when it has woken another, and the counter is
 * one for all cores; so the own core is woken, which is the sum of both sides: the call, the interrupt, and
 * what the dispatchers are told.
 */
#include <aos/aos.h>
#include <aos/core.h>
#include <harness/harness.h>

#define GROUP_OF_NOBODY 7
#define GROUP_OF_MINE   6

static errval_t hear(const struct bench *bench)
{
    (void)bench;
    return disp_hear_wakes(GROUP_OF_MINE);
}

static errval_t hear_no_more(const struct bench *bench)
{
    (void)bench;
    return disp_hear_wakes(DISPATCHER_NO_GROUP);
}

static errval_t wake_sample(const struct bench *bench, struct bench_sample *sample)
{
    const coreid_t self = disp_get_core_id();
    uint64_t begin = cycle_count();
    errval_t err = core_wake(cap_core, self, (unsigned)bench->argument);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static const struct bench benches[] = {
    {.name = "cores.wake",
     .params = "core=own,dispatchers=0",
     .unit = "cycles",
     .argument = GROUP_OF_NOBODY,
     .sample = wake_sample},
    {.name = "cores.wake",
     .params = "core=own,dispatchers=1",
     .unit = "cycles",
     .argument = GROUP_OF_MINE,
     .setup = hear,
     .sample = wake_sample,
     .teardown = hear_no_more},
};

BENCH_SUITE(cores, benches);
