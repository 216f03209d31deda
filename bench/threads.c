/**
 * Threads of one domain: switching, coming and going.
 */
#include <aos/aos.h>
#include <harness/harness.h>

#define THREADS_MAX 16

static struct {
    struct thread *threads[THREADS_MAX];
    unsigned count;
    bool stop;
} others;

static int yield_until_stopped(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&others.stop) {
        thread_yield();
    }
    return 0;
}

static uint64_t arrived; ///< When the thread that was switched to went on.

/// The thread that a measured switch goes to, each time: it notes the time and gives way again.
static int note_and_yield(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&others.stop) {
        arrived = cycle_count();
        thread_yield();
    }
    return 0;
}

static errval_t switch_setup(const struct bench *bench)
{
    others.stop = false;
    others.count = 1;
    errval_t err = thread_create(note_and_yield, NULL, &others.threads[0]);
    for (; others.count + 1 < bench->argument && err_is_ok(err); others.count++) {
        err = thread_create(yield_until_stopped, NULL, &others.threads[others.count]);
    }
    thread_yield();
    return err;
}

/// From before the call in one thread to behind it in the next.
static errval_t switch_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    thread_yield();
    sample->begin = begin;
    sample->end = arrived;
    return SYS_ERR_OK;
}

static errval_t switch_teardown(const struct bench *bench)
{
    (void)bench;
    errval_t err = SYS_ERR_OK;
    others.stop = true;
    while (others.count > 0 && err_is_ok(err)) {
        err = thread_join(others.threads[--others.count], NULL);
    }
    return err;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/// A thread is made, runs, ends, and has been joined.
static errval_t create_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct thread *thread;
    uint64_t begin = cycle_count();
    errval_t err = thread_create(do_nothing, NULL, &thread);
    if (err_is_ok(err)) {
        err = thread_join(thread, NULL);
    }
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static const struct bench benches[] = {
    {
        .name = "threads.switch",
        .params = "threads=2",
        .unit = "cycles",
        .argument = 2,
        .setup = switch_setup,
        .sample = switch_sample,
        .teardown = switch_teardown,
    },
    {
        .name = "threads.switch",
        .params = "threads=16",
        .unit = "cycles",
        .argument = 16,
        .setup = switch_setup,
        .sample = switch_sample,
        .teardown = switch_teardown,
    },
    {.name = "threads.create", .params = "stack=reused", .unit = "cycles", .sample = create_sample},
};

BENCH_SUITE(threads, benches);
