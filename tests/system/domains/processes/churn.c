#include "processes.h"

#include <aos/aos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CROWD        8  ///< That are there at a time, at most.
#define MEASUREMENTS 16 ///< Of which the least counts: a time slice that ends in one is no part of it.
#define WARM_UP      200
#define REPORTS      10

/// A process that has been started and was not waited for.
static struct member {
    domainid_t pid; ///< 0: none.
    enum process_reason reason;
    int exit_code;
    bool may_exit; ///< It was killed, perhaps too late.
} crowd[CROWD];

static uint32_t state;

/// The next random number below `limit` (xorshift, Marsaglia 2003).
static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % limit;
}

static void start_one(struct member *member)
{
    static const struct {
        const char *path, *way, *number;
        struct member expected;
    } kinds[] = {
        {"hello", NULL, NULL, {.reason = PROCESS_EXITED}},
        {"hello", NULL, NULL, {.reason = PROCESS_EXITED}},
        {"crasher", "exit", "9", {.reason = PROCESS_EXITED, .exit_code = 9}},
        {"crasher", "exit", "9", {.reason = PROCESS_EXITED, .exit_code = 9}},
        {"crasher", "exit", "9", {.reason = PROCESS_EXITED, .exit_code = 9}},
        {"crasher", "spin", NULL, {.reason = PROCESS_KILLED}},
        {"crasher", "wait", NULL, {.reason = PROCESS_KILLED}},
        {"crasher", "read", NULL, {.reason = PROCESS_FAULTED}},
        {"crasher", "undefined", NULL, {.reason = PROCESS_TRAPPED}},
        {SELF, "return", "3", {.reason = PROCESS_EXITED, .exit_code = 3}},
    };
    const unsigned kind = below(ARRAY_LENGTH(kinds));
    *member = kinds[kind].expected;
    member->pid = start(kinds[kind].path, kinds[kind].way, kinds[kind].number, NULL);
}

static void end_one(struct member *member)
{
    struct process_end end;
    if (member->reason == PROCESS_KILLED || below(4) == 0) {
        if (below(2)) {
            thread_sleep_us(below(400));
        }
        errval_t err = process_kill(member->pid);
        CHECK(err_is_ok(err) || (err == PROC_ERR_NO_PROCESS && member->reason != PROCESS_KILLED));
        member->may_exit = member->reason != PROCESS_KILLED && err_is_ok(err);
    }
    CHECK_OK(process_wait(member->pid, &end));
    CHECK(end.reason == (member->may_exit ? PROCESS_KILLED : member->reason));
    CHECK(end.exit_code == (member->may_exit ? 0 : member->exit_code));
    member->pid = 0;
}

static void end_all(void)
{
    for (unsigned i = 0; i < CROWD; i++) {
        if (crowd[i].pid) {
            end_one(&crowd[i]);
        }
    }
}

/// Starts, or ends, one of the crowd. \return how many it started
static unsigned step(void)
{
    struct member *member = &crowd[below(CROWD)];
    if (member->pid) {
        end_one(member);
        return 0;
    }
    start_one(member);
    return 1;
}

/// What one process costs, in instructions from before the call that starts it.
struct cost {
    uint64_t to_main;  ///< Until it is in its main().
    uint64_t to_start; ///< Until the call has returned.
    uint64_t to_end;   ///< Until it has been waited for.
};

static void take_least(uint64_t *least, uint64_t value)
{
    *least = value < *least ? value : *least;
}

static struct cost measure(void)
{
    struct cost least = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    for (unsigned i = 0; i < MEASUREMENTS; i++) {
        struct process_end end;
        char now[24];
        uint64_t before = cycle_count();
        snprintf(now, sizeof(now), "%lu", (unsigned long)before);
        domainid_t pid = start(SELF, "since", now, NULL);
        take_least(&least.to_start, cycle_count() - before);
        CHECK_OK(process_wait(pid, &end));
        take_least(&least.to_end, cycle_count() - before);
        CHECK(end.reason == PROCESS_EXITED);
        take_least(&least.to_main, (uint64_t)end.exit_code);
    }
    return least;
}

static void print_cost(const char *which, const struct cost *cost)
{
    printf("processes: %s: to_main=%lu to_start=%lu to_end=%lu\n", which, (unsigned long)cost->to_main,
           (unsigned long)cost->to_start, (unsigned long)cost->to_end);
}

static bool is_near(uint64_t first, uint64_t last)
{
    return last <= first + first / 20;
}

void test_churn(unsigned long count, uint32_t seed)
{
    struct balance before = {0}, after;
    state = seed * 2654435761U | 1;
    test_together(); // what is made once is made now, such as the server's threads
    for (unsigned long done = 0; done < WARM_UP;) {
        done += step();
    }
    end_all();
    const struct cost first = measure();
    balance_take(&before);
    for (unsigned long done = 0, reported = 0; done < count;) {
        done += step();
        if (done * REPORTS / count > reported) {
            reported = done * REPORTS / count;
            printf("processes: %lu of %lu\n", done, count);
        }
    }
    end_all();
    balance_take(&after);
    const struct cost last = measure();
    printf("processes: %lu came and went\n", count);
    print_cost("first", &first);
    print_cost("last", &last);
    CHECK(balance_is_same(&before, &after));
    CHECK(is_near(first.to_main, last.to_main) && is_near(first.to_end, last.to_end));
}

void test_crowd(unsigned count)
{
    const struct process_options options = {.processes = 1};
    domainid_t *pids = malloc(count * sizeof(*pids));
    CHECK(pids);
    test_together();
    const struct cost alone = measure();
    for (unsigned i = 0; i < count; i++) {
        pids[i] = start("crasher", "wait", NULL, &options);
    }
    const struct cost crowded = measure();
    for (unsigned i = 0; i < count; i++) {
        CHECK_OK(process_kill(pids[i]));
        expect_end(pids[i], PROCESS_KILLED, 0);
    }
    free(pids);
    print_cost("alone", &alone);
    print_cost("crowded", &crowded);
}
