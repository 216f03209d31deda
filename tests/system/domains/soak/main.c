/**
 * Eight threads map, unmap, allocate, free, fault and take locks at random, and at the end nothing is
 * missing.
 *
 * Arguments: seed=N; calls=N, million instructions that it lasts; check=1, the kernel is checked again and
 * again; how=famine, memory runs out every thousand actions, and then everything may be refused, but nothing
 * lost.
 */
#include "../arguments.h"
#include "soak.h"

#include <aos/rpc.h>
#include <aos/threads.h>
#include <interfaces/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MILLIONS  20
#define MILLION           1000000UL
#define NAP_US            500  ///< Between two looks of the main thread.
#define FIRST_FAMINE      300  ///< Actions: every worker has begun then.
#define FAMINE_EVERY      1000 ///< Actions between two famines,
#define FAMINE_LASTS      300  ///< and in one.
#define CHECK_EVERY       1000 ///< Actions.
#define PROGRESS_PARTS    20   ///< So often it says how far it is.
#define WARM_UP_MILLIONS  2
#define WHOLE_STACK_BYTES 50000 ///< What all that a thread calls may need of its stack.
#define MAIN_STACK_BYTES  40000

static void (*const actions[])(struct worker *) = {
    action_frames, action_frames, action_ram,   action_ram,     action_heap,   action_heap,
    action_heap,   action_region, action_slots, action_shared,  action_shared, action_mutex,
    action_mutex,  action_rest,   action_stack, action_threads,
};

unsigned famines;

static struct worker workers[WORKERS];
static uint64_t end_cycles;
static struct rpc_client *init;

static uint64_t actions_done(void)
{
    uint64_t done = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        done += *(volatile uint64_t *)&workers[i].done;
    }
    return done;
}

/// So that a stack need not grow in a famine.
static __attribute__((noinline)) void touch_stack(size_t bytes)
{
    volatile char *top = __builtin_alloca(bytes) + bytes;
    for (size_t at = 1; at <= bytes; at += BASE_PAGE_SIZE) {
        top[-(ptrdiff_t)at] = 0;
    }
    top[-(ptrdiff_t)bytes] = 0;
}

static int work(void *arg)
{
    struct worker *worker = arg;
    touch_stack(WHOLE_STACK_BYTES);
    while (cycle_count() < end_cycles) {
        worker->famines = *(volatile unsigned *)&famines;
        actions[below(worker, ARRAY_LENGTH(actions))](worker);
        worker->done++;
    }
    give_back(worker);
    return 0;
}

/// One soak.
struct plan {
    uint32_t seed;
    uint64_t millions; ///< Of what the cycle counter counts.
    bool famine, checks;
    bool quiet;
};

/// \param[in,out] said  the part that was said last
static void say_progress(const struct plan *plan, uint64_t *said)
{
    const uint64_t now = cycle_count();
    const uint64_t left = now < end_cycles ? (end_cycles - now) / MILLION : 0;
    const uint64_t part = (plan->millions - left) * PROGRESS_PARTS / plan->millions;
    if (part != *said && !plan->quiet) {
        printf("soak: %lu of %lu million\n", (unsigned long)(plan->millions - left),
               (unsigned long)plan->millions);
    }
    *said = part;
}

/// The main thread: brings famines, has the kernel checked, and lets the trace be drained.
static void look_after(const struct plan *plan)
{
    uint64_t next_famine = FIRST_FAMINE, next_check = CHECK_EVERY, said = 0;
    while (cycle_count() < end_cycles) {
        thread_sleep_us(NAP_US);
        say_progress(plan, &said);
        uint64_t done = actions_done();
        if (plan->famine && done >= next_famine) {
            famine_begin();
            while (actions_done() < done + FAMINE_LASTS && cycle_count() < end_cycles) {
                thread_sleep_us(NAP_US);
            }
            famine_end();
            next_famine = actions_done() + FAMINE_EVERY;
        }
        CHECK_OK(test_drain(init));
        if (plan->checks && done >= next_check) {
            CHECK_OK(test_check(init));
            next_check = done + CHECK_EVERY;
        }
    }
}

static void soak(const struct plan *plan)
{
    shared_begin();
    end_cycles = cycle_count() + plan->millions * MILLION;
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){.number = i, .random = (plan->seed * WORKERS + i) * 2654435761U + 1};
        CHECK_OK(thread_create(work, &workers[i], &workers[i].thread));
    }
    look_after(plan);
    for (unsigned i = 0; i < WORKERS; i++) {
        CHECK_OK(thread_join(workers[i].thread, NULL));
    }
    shared_end();
}

static gensize_t accounted_bytes(void)
{
    return ram_alloc_free_bytes() + ram_alloc_kept_bytes();
}

int main(int argc, char *argv[])
{
    const struct plan plan = {
        .seed = (uint32_t)argument_number(argc, argv, "seed", 0),
        .millions = argument_number(argc, argv, "calls", DEFAULT_MILLIONS),
        .famine = strcmp(argument(argc, argv, "how"), "famine") == 0,
        .checks = argument_number(argc, argv, "check", 0) != 0,
    };
    const struct plan warm_up = {.seed = plan.seed + 1, .millions = WARM_UP_MILLIONS, .quiet = true};
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    touch_stack(MAIN_STACK_BYTES);
    // The stacks that are kept for the next threads are made once.
    soak(&warm_up);
    const gensize_t before = accounted_bytes();
    soak(&plan);
    uint64_t refused = 0;
    for (unsigned i = 0; i < WORKERS; i++) {
        refused += workers[i].refused;
    }
    printf("soak: %lu actions, %lu refused, %u famines\n", (unsigned long)actions_done(),
           (unsigned long)refused, famines / 2);
    if (accounted_bytes() != before) {
        printf("soak: %ld bytes are missing: FAILED\n", (long)before - (long)accounted_bytes());
        return EXIT_FAILURE;
    }
    if (plan.famine && refused == 0) {
        printf("soak: nothing was refused, it was too short for a famine: FAILED\n");
        return EXIT_FAILURE;
    }
    CHECK(plan.famine || refused == 0);
    return EXIT_SUCCESS;
}
