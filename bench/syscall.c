/**
 * What entering the kernel costs.
 */
#include <aos/aos.h>
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

/// A number that no system call has: the general path in and out, with all registers saved and restored.
static errval_t refused_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = sys_unknown();
    sample->end = cycle_count();
    sample->begin = begin;
    return err == SYS_ERR_ILLEGAL_SYSCALL ? SYS_ERR_OK : err;
}

/// The simplest command on a capability: look two slots up, return three words.
static errval_t identify_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct capability_info info;
    uint64_t begin = cycle_count();
    errval_t err = cap_identify(cap_dispatcher, &info);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static const struct bench benches[] = {
    {.name = "syscall.null", .params = "", .unit = "cycles", .sample = null_sample},
    {.name = "syscall.refused", .params = "", .unit = "cycles", .sample = refused_sample},
    {.name = "syscall.identify", .params = "", .unit = "cycles", .sample = identify_sample},
};

BENCH_SUITE(syscall, benches);
