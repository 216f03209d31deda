/**
 * Locks of threads.
 */
#include <aos/aos.h>
#include <harness/harness.h>

static struct thread_mutex mutex;
static struct thread *rival;
static bool stop;

/// Nobody else wants it: taken and given back.
static errval_t mutex_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    thread_mutex_lock(&mutex);
    thread_mutex_unlock(&mutex);
    sample->end = cycle_count();
    sample->begin = begin;
    return SYS_ERR_OK;
}

/// Holds the mutex over one round of the others, and leaves it to them for one.
static int hold_now_and_then(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&stop) {
        thread_mutex_lock(&mutex);
        thread_yield();
        thread_mutex_unlock(&mutex);
        thread_yield();
    }
    return 0;
}

static errval_t contended_setup(const struct bench *bench)
{
    (void)bench;
    stop = false;
    return thread_create(hold_now_and_then, NULL, &rival);
}

static errval_t contended_prepare(const struct bench *bench)
{
    (void)bench;
    while (!*(volatile uintptr_t *)&mutex.holder) {
        thread_yield();
    }
    return SYS_ERR_OK;
}

/// The other thread has it: to wait, be handed it, and run again, two switches.
static errval_t contended_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    thread_mutex_lock(&mutex);
    sample->end = cycle_count();
    sample->begin = begin;
    thread_mutex_unlock(&mutex);
    return SYS_ERR_OK;
}

static errval_t contended_teardown(const struct bench *bench)
{
    (void)bench;
    stop = true;
    return thread_join(rival, NULL);
}

static const struct bench benches[] = {
    {.name = "locks.acquire", .params = "kind=mutex", .unit = "cycles", .sample = mutex_sample},
    {
        .name = "locks.contended",
        .params = "kind=mutex,threads=2",
        .unit = "cycles",
        .setup = contended_setup,
        .prepare = contended_prepare,
        .sample = contended_sample,
        .teardown = contended_teardown,
    },
};

BENCH_SUITE(locks, benches);
