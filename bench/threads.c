/**
 * Threads of one domain: switching, coming and going.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <scheme.h>

#define THREADS_MAX 256

/// All threads of a row but the one that measures.
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

static struct thread_sem never_until_the_end;

static int wait_until_the_end(void *arg)
{
    (void)arg;
    thread_sem_wait(&never_until_the_end);
    return 0;
}

static errval_t create_setup(const struct bench *bench)
{
    errval_t err = SYS_ERR_OK;
    for (others.count = 0; others.count + 2 < bench->argument && err_is_ok(err); others.count++) {
        err = thread_create(wait_until_the_end, NULL, &others.threads[others.count]);
    }
    thread_yield();
    return err;
}

static errval_t create_teardown(const struct bench *bench)
{
    for (unsigned i = 0; i < others.count; i++) {
        thread_sem_post(&never_until_the_end);
    }
    return switch_teardown(bench);
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/// A thread is made, runs, ends, and has been joined. The others wait.
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

/// In each repetition every thread has a turn: with many of them, fewer, or the trace ring would not hold the
/// switches.
#define TURNS 32000

#define SWITCH(count)                                                                                        \
    {                                                                                                        \
        .name = "threads.switch", .params = "threads=" #count SCHEME, .unit = "cycles", .argument = (count), \
        .repetitions = TURNS / (count) < BENCH_REPETITIONS ? TURNS / (count) : BENCH_REPETITIONS,            \
        .setup = switch_setup, .sample = switch_sample, .teardown = switch_teardown,                         \
    }

#define CREATE(count)                                                                                     \
    {                                                                                                     \
        .name = "threads.create", .params = "stack=reused,threads=" #count SCHEME, .unit = "cycles",      \
        .argument = (count), .setup = create_setup, .sample = create_sample, .teardown = create_teardown, \
    }

static const struct bench benches[] = {
    SWITCH(2), SWITCH(16), SWITCH(64), SWITCH(256), CREATE(2), CREATE(16), CREATE(64), CREATE(256),
};

BENCH_SUITE(threads, benches);
