/**
 * Locks of threads.
 */
#include <aos/aos.h>
#include <aos/spin.h>
#include <harness/harness.h>
#include <scheme.h>
#include <section/section.h>

static struct thread_mutex mutex;

#define THREADS_MAX 16

static struct thread *rivals[THREADS_MAX];
static unsigned rival_count;
static bool stop;

/// All threads of a row but the one that measures.
static errval_t rivals_start(const struct bench *bench, thread_func_t function)
{
    errval_t err = SYS_ERR_OK;
    stop = false;
    for (rival_count = 0; rival_count + 1 < bench->argument && err_is_ok(err); rival_count++) {
        err = thread_create(function, NULL, &rivals[rival_count]);
    }
    return err;
}

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
    return rivals_start(bench, hold_now_and_then);
}

static errval_t contended_prepare(const struct bench *bench)
{
    (void)bench;
    while (!*(volatile uintptr_t *)&mutex.holder) {
        thread_yield();
    }
    return SYS_ERR_OK;
}

/// Another thread has it: to wait behind those who wait, be handed it, and run again.
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
    errval_t err = SYS_ERR_OK;
    stop = true;
    while (rival_count > 0 && err_is_ok(err)) {
        err = thread_join(rivals[--rival_count], NULL);
    }
    return err;
}

static struct spin_lock spin;
static bool spin_held;

static errval_t spin_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct spin_node node;
    uint64_t begin = cycle_count();
    spin_acquire(&spin, &node);
    spin_release(&spin, &node);
    sample->end = cycle_count();
    sample->begin = begin;
    return SYS_ERR_OK;
}

static int spin_hold_now_and_then(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&stop) {
        struct spin_node node;
        spin_acquire(&spin, &node);
        spin_held = true;
        thread_yield();
        spin_held = false;
        spin_release(&spin, &node);
        thread_yield();
    }
    return 0;
}

static errval_t spin_contended_setup(const struct bench *bench)
{
    return rivals_start(bench, spin_hold_now_and_then);
}

static errval_t spin_contended_prepare(const struct bench *bench)
{
    (void)bench;
    while (!*(volatile bool *)&spin_held) {
        thread_yield();
    }
    return SYS_ERR_OK;
}

/// One of the others has it, on this core: the hints are for nothing, then everybody gives way until the turn
/// comes.
static errval_t spin_contended_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct spin_node node;
    uint64_t begin = cycle_count();
    spin_acquire(&spin, &node);
    sample->end = cycle_count();
    sample->begin = begin;
    spin_release(&spin, &node);
    return SYS_ERR_OK;
}

#define SPIN_PARAMS "lock=spin,kind=" SPIN_STRATEGY

/* A section of the library (lib/section/section.h), with the locks of the scheme that the build chose behind
 * it. */

static bool always_ready(enum section_need need)
{
    (void)need;
    return true;
}

static errval_t nothing_to_refill(void)
{
    return SYS_ERR_OK;
}

static struct section_group own_group;
static struct section *const nothing[] = {NULL};
static struct section own_section = {
    .name = "bench",
    .ready = always_ready,
    .refill = nothing_to_refill,
    .needs = nothing,
    .group = &own_group,
};
static bool section_held;

static errval_t section_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct section_visit visit;
    uint64_t begin = cycle_count();
    errval_t err = section_enter(&own_section, &visit);
    section_leave(&own_section, &visit);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/// Is in the section over one round of the others, as a thread that is preempted in it.
static int be_inside_now_and_then(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&stop) {
        struct section_visit visit;
        section_enter_to_free(&own_section, &visit);
        section_held = true;
        thread_yield();
        section_held = false;
        section_leave(&own_section, &visit);
        thread_yield();
    }
    return 0;
}

static errval_t section_contended_setup(const struct bench *bench)
{
    return rivals_start(bench, be_inside_now_and_then);
}

static errval_t section_contended_prepare(const struct bench *bench)
{
    (void)bench;
    while (!*(volatile bool *)&section_held) {
        thread_yield();
    }
    return SYS_ERR_OK;
}

static errval_t section_contended_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct section_visit visit;
    uint64_t begin = cycle_count();
    errval_t err = section_enter(&own_section, &visit);
    sample->end = cycle_count();
    sample->begin = begin;
    section_leave(&own_section, &visit);
    return err;
}

/* What the schemes are for: threads that all use RAM, slots and the address space. */

/// A page comes and goes, and the others have a turn between the steps.
static errval_t use_memory(void)
{
    struct capref frame;
    void *page;
    errval_t err = frame_alloc(&frame, BASE_PAGE_SIZE, NULL);
    thread_yield();
    if (err_is_ok(err)) {
        err = paging_map_frame(get_current_paging_state(), &page, BASE_PAGE_SIZE, frame);
        thread_yield();
    }
    if (err_is_ok(err)) {
        err = paging_unmap(get_current_paging_state(), page);
        thread_yield();
    }
    return err_is_ok(err) ? ram_free(frame) : err;
}

static int use_memory_always(void *arg)
{
    (void)arg;
    while (!*(volatile bool *)&stop && err_is_ok(use_memory())) {
        thread_yield();
    }
    return 0;
}

static errval_t work_setup(const struct bench *bench)
{
    return rivals_start(bench, use_memory_always);
}

/// All threads do it once: what that takes, for each of them.
static errval_t work_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = use_memory();
    thread_yield();
    uint64_t end = cycle_count();
    sample->begin = begin;
    sample->end = begin + (end - begin) / bench->argument;
    return err;
}

/// In each repetition all threads have turns, several if they spin: with many of them, fewer, or the trace
/// ring would not hold the switches.
#define TURNS              4000
#define REPETITIONS(count) (TURNS / (count) < BENCH_REPETITIONS ? TURNS / (count) : BENCH_REPETITIONS)

#define MUTEX_CONTENDED(count)                                                                    \
    {                                                                                             \
        .name = "locks.contended", .params = "kind=mutex,threads=" #count, .unit = "cycles",      \
        .argument = (count), .repetitions = REPETITIONS(count), .setup = contended_setup,         \
        .prepare = contended_prepare, .sample = contended_sample, .teardown = contended_teardown, \
    }

#define SPIN_CONTENDED(count)                                                                               \
    {                                                                                                       \
        .name = "locks.contended", .params = SPIN_PARAMS ",threads=" #count, .unit = "cycles",              \
        .argument = (count), .repetitions = REPETITIONS((count)*2), .setup = spin_contended_setup,          \
        .prepare = spin_contended_prepare, .sample = spin_contended_sample, .teardown = contended_teardown, \
    }

#define SECTION_CONTENDED(count)                                                                      \
    {                                                                                                 \
        .name = "locks.contended", .params = "lock=section,threads=" #count SCHEME, .unit = "cycles", \
        .argument = (count), .repetitions = REPETITIONS((count)*2), .setup = section_contended_setup, \
        .prepare = section_contended_prepare, .sample = section_contended_sample,                     \
        .teardown = contended_teardown,                                                               \
    }

#define WORK(count)                                                                         \
    {                                                                                       \
        .name = "locks.work", .params = "on=page,threads=" #count SCHEME, .unit = "cycles", \
        .argument = (count), .repetitions = REPETITIONS((count)*8), .setup = work_setup,    \
        .sample = work_sample, .teardown = contended_teardown,                              \
    }

static const struct bench benches[] = {
    {.name = "locks.acquire", .params = "kind=mutex", .unit = "cycles", .sample = mutex_sample},
    {.name = "locks.acquire", .params = SPIN_PARAMS, .unit = "cycles", .sample = spin_sample},
    MUTEX_CONTENDED(2),
    MUTEX_CONTENDED(4),
    MUTEX_CONTENDED(8),
    MUTEX_CONTENDED(16),
    SPIN_CONTENDED(2),
    SPIN_CONTENDED(4),
    SPIN_CONTENDED(8),
    SPIN_CONTENDED(16),
    {.name = "locks.acquire", .params = "lock=section" SCHEME, .unit = "cycles", .sample = section_sample},
    SECTION_CONTENDED(2),
    SECTION_CONTENDED(4),
    SECTION_CONTENDED(8),
    SECTION_CONTENDED(16),
    WORK(1),
    WORK(2),
    WORK(4),
    WORK(8),
    WORK(16),
};

BENCH_SUITE(locks, benches);
