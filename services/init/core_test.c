#include "core_test.h"

#include "shared_memory.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/spawn.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP        3
#define STEP_US      50
#define DEADLINE_US  20000000UL ///< Where the emulator keeps to the time of a busy machine.
#define DEFAULT_HOPS 2000
#define COST_TRIES   4
#define STILL_US     2000UL
#define IDLE_US      100000UL

/// What a sleeping thread costs, and not much more.
#define IDLE_INSTRUCTIONS  2000
#define EVENT_INSTRUCTIONS 8
#define TOKENS             5 ///< A core.

static struct core_test *test;
static struct capref shared;
static coreid_t fails; ///< The core that is asked to fail, or 0.

static unsigned long number_of(const char *text, const char *key, unsigned long otherwise)
{
    const char *at = strstr(text, key);
    return at ? strtoul(at + strlen(key), NULL, 10) : otherwise;
}

static bool comes_to_state(coreid_t core, unsigned wanted)
{
    const uint64_t end = clock_now_us() + DEADLINE_US;
    unsigned state;
    do {
        errval_t err = core_status(cap_core, core, &state);
        if (err_is_fail(err)) {
            return core_test_failed("status", core, err);
        }
        if (state == wanted) {
            return true;
        }
        thread_sleep_us(STEP_US);
    } while (clock_now_us() < end);
    printf("cores: core %u is in state %u and not %u: FAILED\n", (unsigned)core, state, wanted);
    return false;
}

static bool comes_to_command(coreid_t core, uint32_t wanted)
{
    const uint64_t end = clock_now_us() + DEADLINE_US;
    while (atomic_load(&test->lines[core].command) != wanted) {
        if (clock_now_us() >= end) {
            printf("cores: core %u does not come to %u: FAILED\n", (unsigned)core, (unsigned)wanted);
            return false;
        }
        thread_sleep_us(STEP_US);
    }
    return true;
}

static bool order(coreid_t core, uint32_t command)
{
    test->lines[core].value = 0;
    atomic_store(&test->lines[core].command, command);
    errval_t err = core_wake(cap_core, core, GROUP);
    return err_is_ok(err) || core_test_failed("wake", core, err);
}

/// Starts a core. Before that: everything for which it must not start.
static bool start(coreid_t core)
{
    struct capref ram, copy, small, trace = NULL_CAP;
    struct capability_info info;
    errval_t err = ram_alloc(&ram, CORE_RAM_MIN_BYTES);
    if (err_is_ok(err)) {
        err = ram_alloc(&small, BASE_PAGE_SIZE);
    }
    if (err_is_ok(err) && bootinfo_get()->trace_bytes != 0) {
        struct capref memory;
        err = ram_alloc_aligned(&memory, bootinfo_get()->trace_bytes, LARGE_PAGE_SIZE);
        if (err_is_ok(err)) {
            err = slot_alloc(&trace);
        }
        if (err_is_ok(err)) {
            err = cap_retype(trace, memory, 0, ObjType_Frame, bootinfo_get()->trace_bytes, 1);
        }
    }
    if (err_is_ok(err)) {
        err = slot_alloc(&copy);
    }
    if (err_is_fail(err)) {
        return core_test_failed("resources", core, err);
    }
    bool good = core_test_expect("no RAM", core, core_start(cap_core, core, shared, shared, trace),
                                 SYS_ERR_INVALID_ARGUMENT)
                && core_test_expect("little RAM", core, core_start(cap_core, core, small, shared, trace),
                                    SYS_ERR_CORE_MEMORY)
                && core_test_expect("copy", core, cap_copy(copy, ram), SYS_ERR_OK)
                && core_test_expect("a copy", core, core_start(cap_core, core, ram, shared, trace),
                                    SYS_ERR_CAP_SHARED)
                && core_test_expect("delete", core, cap_delete(copy), SYS_ERR_OK)
                && core_test_expect("start", core, core_start(cap_core, core, ram, shared, trace), SYS_ERR_OK)
                && core_test_expect("start again", core, core_start(cap_core, core, small, shared, trace),
                                    SYS_ERR_CORE_STATE)
                && core_test_expect("its RAM", core, cap_identify(ram, &info), SYS_ERR_CAP_NOT_FOUND);
    ram_free(small);
    return good;
}

static bool start_all(void)
{
    const uint32_t cores = bootinfo_get()->cores;
    bool good =
        core_test_expect("first", 0, core_start(cap_core, 0, shared, shared, NULL_CAP),
                         SYS_ERR_INVALID_ARGUMENT)
        && core_test_expect("no such core", cores, core_wake(cap_core, cores, GROUP), SYS_ERR_CORE_NUMBER)
        && core_test_expect("park", 0, core_park(cap_core, 0), SYS_ERR_CORE_FIRST)
        && core_test_expect("no such group", 0, core_wake(cap_core, 0, CORE_WAKE_GROUPS),
                            SYS_ERR_INVALID_ARGUMENT);
    for (coreid_t core = 1; core < cores && good; core++) {
        good = start(core);
    }
    for (coreid_t core = 1; core < cores && good; core++) {
        if (core == fails) {
            unsigned state;
            good = core_test_expect("status", core, core_status(cap_core, core, &state), SYS_ERR_OK)
                   && state == CORE_STATE_STARTING;
            printf("cores: core %u does not come\n", (unsigned)core);
            continue;
        }
        good = comes_to_state(core, CORE_STATE_RUNS) && comes_to_command(core, CORE_TEST_DONE);
        printf("cores: %s\n", test->lines[core].text);
    }
    return good;
}

/// Each core does one command after the other. \return true if all say that it went well
static bool all_do(uint32_t command)
{
    bool good = true;
    for (coreid_t core = 1; core < test->cores && good; core++) {
        if (core != fails) {
            good = order(core, command) && comes_to_command(core, CORE_TEST_DONE)
                   && test->lines[core].value == 1;
        }
    }
    return good;
}

/// A parked core stands still, whoever wakes it.
static bool stands_still(coreid_t core)
{
    const uint32_t ticks = atomic_load(&test->lines[core].ticks);
    errval_t err = core_wake(cap_core, core, GROUP);
    thread_sleep_us(STILL_US);
    return core_test_expect("wake", core, err, SYS_ERR_OK) && atomic_load(&test->lines[core].ticks) == ticks;
}

static bool park_one(coreid_t core)
{
    return core_test_expect("resume", core, core_resume(cap_core, core), SYS_ERR_CORE_STATE)
           && order(core, CORE_TEST_PARK) && comes_to_state(core, CORE_STATE_PARKED) && stands_still(core)
           && core_test_expect("resume", core, core_resume(cap_core, core), SYS_ERR_OK)
           && comes_to_state(core, CORE_STATE_RUNS) && comes_to_command(core, CORE_TEST_DONE)
           && test->lines[core].value == 1;
}

static bool park_all(void)
{
    bool good = true;
    for (coreid_t core = 1; core < test->cores && good; core++) {
        good = core == fails || (park_one(core) && park_one(core));
    }
    printf("cores: parked and resumed: %s\n", good ? "ok" : "FAILED");
    return good;
}

/// Tokens go around at random, and nobody looks for them that was not woken.
static bool pass_tokens(uint32_t hops, bool quietly)
{
    uint32_t passed = 0;
    atomic_store(&test->hops, hops);
    for (coreid_t core = 0; core < test->cores; core++) {
        test->lines[core].passed = 0;
        atomic_store(&test->lines[core].tokens, TOKENS);
    }
    for (coreid_t core = 1; core < test->cores; core++) {
        if (!order(core, quietly ? CORE_TEST_PASS_QUIETLY : CORE_TEST_PASS)) {
            return false;
        }
    }
    core_test_pass(test, 0, quietly);
    for (coreid_t core = 1; core < test->cores; core++) {
        if (!comes_to_command(core, CORE_TEST_DONE)) {
            return false;
        }
    }
    for (coreid_t core = 0; core < test->cores; core++) {
        passed += test->lines[core].passed;
    }
    printf("cores: %u hops, %s: %s\n", (unsigned)passed, quietly ? "waking who waits" : "waking always",
           passed == hops ? "ok" : "FAILED");
    return passed == hops;
}

static bool exchange_messages(uint64_t messages)
{
    bool good = true;
    for (coreid_t core = 1; core < test->cores && good; core++) {
        test->ump = (struct ump_test){.seed = test->seed, .messages = messages, .core = core};
        memset(test->ump_memory, 0, sizeof(test->ump_memory));
        good = order(core, CORE_TEST_UMP) && ump_test_exchange(&test->ump, test->ump_memory, 0)
               && comes_to_command(core, CORE_TEST_DONE) && test->lines[core].value == 1;
    }
    return good;
}

static bool prepare(const struct command_line *line)
{
    errval_t err = shared_memory_make(ROUND_UP(sizeof(*test), BASE_PAGE_SIZE), &shared, (void **)&test);
    if (err_is_ok(err)) {
        err = disp_hear_wakes(GROUP);
    }
    if (err_is_fail(err)) {
        return core_test_failed("resources", 0, err);
    }
    test->cores = bootinfo_get()->cores;
    test->seed = line->seed ? (uint32_t)strtoul(line->seed, NULL, 10) : 1;
    for (coreid_t core = 1; core < test->cores; core++) {
        atomic_store(&test->lines[core].command, CORE_TEST_NONE);
    }
    fails = (coreid_t)number_of(bootinfo_get()->command_line, "core_fails=", 0);
    return true;
}

static uint64_t instructions(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(value));
    return value;
}

/// While nobody has anything to do no core executes anything: not one takes an interrupt but this one its
/// timer's. In the emulator's icount mode the counter is one for all cores; in others it stands still, which
/// tells nothing.
static bool is_idle(void)
{
    errval_t err = sys_invoke(TASKCN_SLOT_PERFMON, PERFMON_SELECT, 0, EVENT_INSTRUCTIONS, 0, 0, 0, 0).err;
    if (err_is_fail(err)) {
        return core_test_failed("counter", 0, err);
    }
    thread_sleep_us(IDLE_US); // whatever was under way is over
    const uint64_t begin = instructions();
    thread_sleep_us(IDLE_US);
    const uint64_t spent = instructions() - begin;
    // With tracing, the first core sends records.
    const bool good = spent < IDLE_INSTRUCTIONS || bootinfo_get()->trace_bytes != 0;
    if (spent == 0) {
        printf("cores: instructions are not counted in this mode\n");
        return true;
    }
    printf("cores: %lu instructions on all cores in %lu us of idle time: %s\n", (unsigned long)spent, IDLE_US,
           good ? "ok" : "FAILED");
    return good;
}

/// The cheapest of several, in cycles, with the counter's own reading taken off.
static uint64_t cost_of_wake(coreid_t core, unsigned group)
{
    uint64_t best = UINT64_MAX;
    for (unsigned i = 0; i < COST_TRIES; i++) {
        const uint64_t start = cycle_count();
        const uint64_t empty = cycle_count() - start;
        const uint64_t begin = cycle_count();
        errval_t err = core_wake(cap_core, core, group);
        const uint64_t cost = cycle_count() - begin - empty;
        best = err_is_ok(err) && cost < best ? cost : best;
    }
    return best;
}

/// What a wake costs: of a core that is off, so all of it is the sender's; and of the own core, which takes
/// it at once.
static void print_costs(void)
{
    if (test->cores > 1) {
        printf("cores: a wake costs %lu\n", (unsigned long)cost_of_wake(1, GROUP));
    }
    printf("cores: and its receipt %lu, without anybody to tell %lu\n", (unsigned long)cost_of_wake(0, GROUP),
           (unsigned long)cost_of_wake(0, GROUP + 1));
}

unsigned core_test_run(const struct command_line *line)
{
    const uint32_t hops = line->calls ? (uint32_t)strtoul(line->calls, NULL, 10) : DEFAULT_HOPS;
    if (!prepare(line)) {
        return 1;
    }
    if (line->how && strcmp(line->how, "ump") == 0) {
        return !(start_all() && exchange_messages(hops));
    }
    print_costs();
    return !(core_test_misuse(test, shared) && start_all() && all_do(CORE_TEST_CREATE) && is_idle()
             && park_all() && (fails != 0 || (pass_tokens(hops, false) && pass_tokens(hops, true))));
}
