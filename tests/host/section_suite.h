/**
 * What sections must do with every value of the axis `lock`: included by one test file for each.
 *
 * Three sections live on each other as RAM, slots and the address space do, with as large reserves, but what
 * they hand out are just numbers. Threads of the host take and give back; the rules are checked as in a debug
 * build.
 */
#ifndef TEST_SECTION_SUITE_H
#define TEST_SECTION_SUITE_H

#include "check.h"
#include <aos/debug.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_DEBUG 1
#include <section/section.c>

#define THREADS         8
#define SEEDS           12
#define STEPS           1500
#define TIMEOUT_SECONDS 50
#define KINDS           3

enum kind {
    RAM,
    SLOTS,
    SPACE
};

/// What one refill takes of RAM and of slots, and what it brings.
static const struct price {
    unsigned ram, slots, brings;
} prices[KINDS] = {
    [RAM] = {3, 6, 20},
    [SLOTS] = {6, 10, 70},
    [SPACE] = {11, 45, 30},
};

static const unsigned needed[KINDS][3] = {
    [RAM] = {1, 9, 9 + 11 + 1},
    [SLOTS] = {1, 16, 16 + 45 + 1},
    [SPACE] = {1, 1, 1},
};

static struct section *const base_needs[] = {&ram_section, &slot_section, NULL};

static bool ram_ready(enum section_need need);
static bool slots_ready(enum section_need need);
static bool space_ready(enum section_need need);
static errval_t ram_refill(void);
static errval_t slots_refill(void);
static errval_t space_refill(void);

struct section_group base_group;
static struct section_group space_group;
struct section ram_section = {
    .name = "ram", .ready = ram_ready, .refill = ram_refill, .needs = base_needs, .group = &base_group};
struct section slot_section = {
    .name = "slots", .ready = slots_ready, .refill = slots_refill, .needs = base_needs, .group = &base_group};
static struct section space_section = {.name = "space",
                                       .ready = space_ready,
                                       .refill = space_refill,
                                       .needs = base_needs,
                                       .group = &space_group};

static struct section *const sections[KINDS] = {&ram_section, &slot_section, &space_section};

/// Used inside the section of the same kind.
static struct {
    unsigned left;
    bool inside; ///< Somebody is in it.
} stock[KINDS];

static struct {
    unsigned fail_permille; ///< Of the requests of refills.
    uint64_t failures;      ///< Refills that failed because of it.
    uint64_t refills;
    const char *panic_expected; ///< In the child that breaks a rule.
} test;

static _Thread_local unsigned random_state;

static unsigned random_below(unsigned limit)
{
    return (unsigned)rand_r(&random_state) % limit;
}

_Noreturn void user_panic_err(const char *file, const char *function, int line, errval_t err,
                              const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (test.panic_expected && strstr(text, test.panic_expected)) {
        _exit(0);
    }
    fprintf(stderr, "%s:%d: %s: %s (%lu)\n", file, line, function, text, err);
    abort();
}

/// As fail_msg(), in any thread.
#define require(condition)                                                  \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

static bool ready(enum kind kind, enum section_need need)
{
    // Asked inside the section; where one lock stands for all, by whoever has that.
    return stock[kind].left >= needed[kind][need];
}

static bool ram_ready(enum section_need need)
{
    return ready(RAM, need);
}

static bool slots_ready(enum section_need need)
{
    return ready(SLOTS, need);
}

static bool space_ready(enum section_need need)
{
    return ready(SPACE, need);
}

/// Nobody else is inside, even if others get a chance.
static void stay(enum kind kind)
{
    require(!stock[kind].inside);
    require(section_current() == sections[kind]);
    stock[kind].inside = true;
    if (random_below(20) == 0) {
        sched_yield();
    }
}

static errval_t take(enum kind kind)
{
    struct section_visit visit;
    const errval_t err = section_enter(sections[kind], &visit);
    if (err_is_fail(err)) {
        require(section_current() == NULL);
        return err;
    }
    stay(kind);
    require(stock[kind].left >= needed[kind][section_refilling() ? SECTION_NEED_ONE : SECTION_NEED_RESERVE]);
    stock[kind].left--;
    stock[kind].inside = false;
    section_leave(sections[kind], &visit);
    return SYS_ERR_OK;
}

static void give(enum kind kind, unsigned count)
{
    struct section_visit visit;
    section_enter_to_free(sections[kind], &visit);
    stay(kind);
    stock[kind].left += count;
    stock[kind].inside = false;
    section_leave(sections[kind], &visit);
}

/// Takes what a refill takes, in any order. What fails gives all of it back.
static errval_t refill(enum kind kind)
{
    unsigned ram = 0, slots = 0;
    errval_t err = SYS_ERR_OK;
    require(section_refilling() && section_current() == NULL);
    __atomic_fetch_add(&test.refills, 1, __ATOMIC_RELAXED);
    while (err_is_ok(err) && ram + slots < prices[kind].ram + prices[kind].slots) {
        const bool is_ram = slots == prices[kind].slots || (ram < prices[kind].ram && random_below(2));
        if (random_below(1000) < test.fail_permille) {
            __atomic_fetch_add(&test.failures, 1, __ATOMIC_RELAXED);
            err = LIB_ERR_RAM_ALLOC_EXHAUSTED;
        } else {
            err = take(is_ram ? RAM : SLOTS);
            require(err_is_ok(err)); // That is what the reserve is for.
            *(is_ram ? &ram : &slots) += 1;
        }
    }
    if (err_is_ok(err)) {
        give(kind, prices[kind].brings);
        return SYS_ERR_OK;
    }
    if (ram > 0) {
        give(RAM, ram);
    }
    if (slots > 0) {
        give(SLOTS, slots);
    }
    return err;
}

static errval_t ram_refill(void)
{
    return refill(RAM);
}

static errval_t slots_refill(void)
{
    return refill(SLOTS);
}

static errval_t space_refill(void)
{
    return refill(SPACE);
}

/// One thread: takes, gives some of it back, and refills without need now and then.
static void *work(void *seed)
{
    unsigned mine[KINDS] = {0};
    random_state = (unsigned)(uintptr_t)seed;
    for (unsigned step = 0; step < STEPS; step++) {
        const enum kind kind = (enum kind)random_below(KINDS);
        const unsigned what = random_below(100);
        errval_t err = SYS_ERR_OK;
        if (what == 0) {
            err = section_refill(sections[kind]);
        } else if (what < 40 && mine[kind] > 0) {
            mine[kind]--;
            give(kind, 1);
        } else {
            err = take(kind);
            mine[kind] += err_is_ok(err);
        }
        require(err == SYS_ERR_OK || (err == LIB_ERR_RAM_ALLOC_EXHAUSTED && test.fail_permille > 0));
        require(!section_refilling());
    }
    return NULL;
}

/// What is there at first is what the start of a domain sees to.
static void begin(unsigned fail_permille)
{
    for (unsigned kind = 0; kind < KINDS; kind++) {
        stock[kind].left = needed[kind][SECTION_NEED_RESERVE];
    }
    test.fail_permille = fail_permille;
    test.failures = test.refills = 0;
}

static void run_threads(unsigned seed, unsigned fail_permille)
{
    pthread_t threads[THREADS];
    struct timespec limit;
    begin(fail_permille);
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(seed * THREADS + i)), 0);
    }
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += TIMEOUT_SECONDS;
    for (unsigned i = 0; i < THREADS; i++) {
        if (pthread_timedjoin_np(threads[i], NULL, &limit) != 0) {
            fail_msg("seed %u: a thread waits for ever", seed);
        }
    }
    assert_true(test.refills > 100);
}

static void test_threads(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        run_threads(seed, 0);
    }
}

static void test_threads_while_refills_fail(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        run_threads(seed, seed % 2 ? 10 : 100);
        assert_true(test.failures > 10);
        test.fail_permille = 0; // It works again.
        for (unsigned kind = 0; kind < KINDS; kind++) {
            for (unsigned i = 0; i < 200; i++) {
                assert_ok(take((enum kind)kind));
            }
        }
    }
}

/// Who is refused is outside, and has lost nothing; giving back works all the same.
static void test_refill_fails(void **state)
{
    (void)state;
    begin(1000);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        const unsigned reserve = needed[kind][SECTION_NEED_RESERVE];
        stock[kind].left = reserve - 1;
        for (unsigned i = 0; i < 3; i++) {
            assert_err(take((enum kind)kind), LIB_ERR_RAM_ALLOC_EXHAUSTED);
            assert_err(section_refill(sections[kind]), LIB_ERR_RAM_ALLOC_EXHAUSTED);
            assert_int_equal(stock[kind].left, reserve - 1);
            assert_false(sections[kind]->refilling || section_refilling());
        }
        give((enum kind)kind, 1);
        assert_ok(take((enum kind)kind));
        assert_int_equal(stock[kind].left, reserve - 1);
    }
    // All three wait for each other, and come back one by one.
    test.fail_permille = 0;
    assert_ok(take(SPACE));
    assert_ok(take(SLOTS));
    assert_ok(take(RAM));
}

/* Breaking the rule, in a process of its own. */

static void enter_two(void)
{
    struct section_visit first, second;
    section_enter(&ram_section, &first);
    section_enter(&slot_section, &second);
}

static void enter_twice(void)
{
    struct section_visit first, second;
    section_enter(&slot_section, &first);
    section_enter(&slot_section, &second);
}

static void enter_two_to_free(void)
{
    struct section_visit first, second;
    section_enter_to_free(&ram_section, &first);
    section_enter_to_free(&ram_section, &second);
}

static void enter_where_nothing_is(void)
{
    struct section_visit first, second;
    section_enter(&slot_section, &first);
    stock[SPACE].left = 0;
    section_enter(&space_section, &second);
}

static void refill_inside(void)
{
    struct section_visit visit;
    section_enter(&ram_section, &visit);
    (void)section_refill(&space_section);
}

static void leave_another(void)
{
    struct section_visit visit;
    section_enter(&ram_section, &visit);
    section_leave(&slot_section, &visit);
}

static void leave_twice(void)
{
    struct section_visit visit;
    section_enter(&ram_section, &visit);
    section_leave(&ram_section, &visit);
    section_leave(&ram_section, &visit);
}

/// The domain ends, with this in what it says. A thread that waits for itself ends by the alarm.
static void assert_breaks_rule(void (*breaks)(void), const char *says)
{
    int status;
    begin(0);
    stock[RAM].left = stock[SLOTS].left = 100;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(5);
        test.panic_expected = says;
        breaks();
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail_msg("\"%s\" is not said: status 0x%x", says, (unsigned)status);
    }
}

static void test_broken_rules_are_noticed(void **state)
{
    (void)state;
    assert_breaks_rule(enter_two, "section slots is asked for inside of section ram");
    assert_breaks_rule(enter_twice, "section slots is asked for inside of section slots");
    assert_breaks_rule(enter_two_to_free, "section ram is asked for inside of section ram");
    assert_breaks_rule(enter_where_nothing_is, "section space is asked for inside of section slots");
    assert_breaks_rule(refill_inside, "section space is asked for inside of section ram");
    assert_breaks_rule(leave_another, "section slots is left by a thread that is not in it");
    assert_breaks_rule(leave_twice, "section ram is left by a thread that is not in it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_rules_are_noticed),
        cmocka_unit_test(test_refill_fails),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_while_refills_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
