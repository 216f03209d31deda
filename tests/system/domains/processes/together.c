#include "processes.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <stdio.h>

#define THREADS 12
#define ROUNDS  4
#define CROWD   48

static int come_and_go(void *unused)
{
    (void)unused;
    for (unsigned round = 0; round < ROUNDS; round++) {
        run_role("return", "7", 7);
    }
    return 0;
}

/// More threads start and wait at the same time than the server starts at a time, or the channel carries
/// calls.
static void try_threads(void)
{
    struct thread *threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_create(come_and_go, NULL, &threads[i]));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
}

static int wait_for(void *pid)
{
    struct process_end end;
    CHECK_OK(process_wait(*(domainid_t *)pid, &end));
    CHECK(end.reason == PROCESS_KILLED);
    return 0;
}

/// Everybody who waits for a process hears of its end.
static void try_several_waits(void)
{
    struct thread *threads[3];
    domainid_t pid = start("crasher", "wait", NULL, NULL);
    for (unsigned i = 0; i < ARRAY_LENGTH(threads); i++) {
        CHECK_OK(thread_create(wait_for, &pid, &threads[i]));
    }
    thread_sleep_us(20000);
    CHECK_OK(process_kill(pid));
    for (unsigned i = 0; i < ARRAY_LENGTH(threads); i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
}

static void try_crowd(void)
{
    domainid_t pids[CROWD];
    for (unsigned i = 0; i < CROWD; i++) {
        pids[i] = start("crasher", "wait", NULL, NULL);
    }
    for (unsigned i = CROWD; i-- > 0;) {
        CHECK_OK(process_kill(pids[i]));
    }
    for (unsigned i = 0; i < CROWD; i++) {
        expect_end(pids[i], PROCESS_KILLED, 0);
    }
}

static struct {
    domainid_t pid;
    unsigned told_one, told_all, over;
    volatile bool done;
} seen;

static void told_of_one(void *context, domainid_t pid, const struct process_end *end)
{
    CHECK(context == &seen);
    CHECK(pid == seen.pid);
    if (end) {
        CHECK(end->reason == PROCESS_EXITED && end->exit_code == 5);
        seen.told_one++;
    } else {
        seen.over++;
    }
    seen.done = seen.told_one && seen.told_all && seen.over;
}

static void told_of_all(void *context, domainid_t pid, const struct process_end *end)
{
    (void)context;
    if (end && pid == seen.pid) {
        seen.told_all++;
    }
    seen.done = seen.told_one && seen.told_all && seen.over;
}

static void ignore(void *context, domainid_t pid, const struct process_end *end)
{
    (void)context;
    (void)pid;
    (void)end;
}

static void try_observers(void)
{
    struct process_observer *all;
    CHECK_ERR(process_observe(999999, ignore, NULL, NULL), PROC_ERR_NO_PROCESS);
    CHECK_OK(process_observe(0, told_of_all, NULL, &all));
    seen.told_one = seen.told_all = seen.over = 0;
    seen.done = false;
    seen.pid = start(SELF, "return", "5", NULL);
    CHECK_OK(process_observe(seen.pid, told_of_one, &seen, NULL));
    rpc_serve_until(&seen.done);
    CHECK(seen.told_one == 1 && seen.told_all == 1 && seen.over == 1);
    expect_end(seen.pid, PROCESS_EXITED, 5);
    process_unobserve(all);
}

/// Who waits and is killed leaves nothing behind.
static void try_dead_waiter(void)
{
    char number[16];
    domainid_t sleeper = start("crasher", "wait", NULL, NULL);
    snprintf(number, sizeof(number), "%u", (unsigned)sleeper);
    domainid_t waiter = start(SELF, "wait", number, NULL);
    thread_sleep_us(20000);
    CHECK_OK(process_kill(waiter));
    expect_end(waiter, PROCESS_KILLED, 0);
    CHECK_OK(process_kill(sleeper));
    expect_end(sleeper, PROCESS_KILLED, 0);
}

static struct {
    unsigned told;
    volatile bool over;
} slow;

static void told_slowly(void *context, domainid_t pid, const struct process_end *end)
{
    (void)context;
    (void)pid;
    slow.told += end != NULL;
    slow.over |= end == NULL;
}

/// An observer that does not serve misses something, and hears that it did.
static void try_slow_observer(void)
{
    slow.told = 0;
    slow.over = false;
    CHECK_OK(process_observe(0, told_slowly, NULL, NULL));
    for (unsigned i = 0; i < 2 * CROWD; i++) {
        run_role("return", "0", 0);
    }
    rpc_serve_until(&slow.over);
    CHECK(slow.told > 0 && slow.told < 2 * CROWD);
}

void test_together(void)
{
    try_threads();
    try_several_waits();
    try_crowd();
    try_dead_waiter();
    try_observers();
    try_slow_observer();
    printf("processes: they do not get into each other's way\n");
}
