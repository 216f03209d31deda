#include "children.h"
#include "core_test.h"
#include "init.h"
#include "monitor.h"
#include "services.h"
#include "started.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/kernel.h>
#include <aos/text.h>
#include <interfaces/test_server.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_RAM_BYTES 0x1000000UL
#define HUGE_RAM_BYTES \
    0x84000000UL ///< Has an aligned gigabyte in it; for how=huge, on a machine that has so much.
#define INSTANCES_MAX           13 ///< Of a test domain at once: tests/system/domains/lines.c has as many roles.
#define LONG_MESSAGES_RAM_BYTES 0x8000000UL ///< For the longest messages, with room for a copy.
#define SERVER_DISPATCHER_BYTES 0x400000UL  ///< For the rings of sessions.
#define TEXT_BYTES              160
#define DEFAULT_SPAWNS          200

static errval_t drain(struct rpc_session *session)
{
    (void)session;
    return kernel_drain_trace();
}

static errval_t check(struct rpc_session *session)
{
    (void)session;
    return kernel_check_capabilities() ? SYS_ERR_OK : INIT_ERR_CAPABILITIES;
}

static errval_t kill_service(struct rpc_session *session, const char *name)
{
    (void)session;
    return services_kill(name);
}

static errval_t free_memory(struct rpc_session *session, uint64_t *bytes)
{
    (void)session;
    *bytes = ram_alloc_free_bytes() + ram_alloc_kept_bytes();
    return SYS_ERR_OK;
}

static errval_t used_slots(struct rpc_session *session, uint64_t *slots)
{
    (void)session;
    *slots = slot_alloc_used();
    return SYS_ERR_OK;
}

static const struct test_operations operations = {
    .drain = drain,
    .check = check,
    .kill_service = kill_service,
    .free_memory = free_memory,
    .used_slots = used_slots,
    .start = started_start,
    .kill = started_kill,
    .wait = started_wait,
};
static const struct rpc_service test_service = {.skeleton = &test_skeleton, .operations = &operations};

static bool wants_huge(const char *const *argv)
{
    while (*argv && strcmp(*argv, "how=huge") != 0) {
        argv++;
    }
    return *argv != NULL;
}

/// Test domains print by themselves, not by the service.
static bool have_console = true;

static size_t ram_for(const char *name, const char *const *argv)
{
    if (strcmp(name, "rpctest") == 0) {
        return LONG_MESSAGES_RAM_BYTES;
    }
    if (strcmp(name, "lines") == 0) {
        return 0; // there are many of it; more comes from the memory server
    }
    return wants_huge(argv) ? HUGE_RAM_BYTES : TEST_RAM_BYTES;
}

/// \return false if the domain could not be started
static bool start_domain(const char *name, const char *const *argv, struct child *child)
{
    const struct spawn_grant grants[] = {
        {.slot = TASKCN_SLOT_IRQ, .cap = cap_irq},
        {.slot = TASKCN_SLOT_PERFMON, .cap = cap_perfmon},
        {.slot = TASKCN_SLOT_CORE, .cap = cap_core}, // the last: for one test only
    };
    struct spawn_request request = {
        .argv = argv,
        .ram_bytes = ram_for(name, argv),
        .dispatcher_bytes = strcmp(name, "rpctest") == 0 ? SERVER_DISPATCHER_BYTES : 0,
        .console = have_console,
        .modules = strcmp(name, "starter") == 0,
        .grants = grants,
        .grant_count = ARRAY_LENGTH(grants) - (strcmp(name, "misuse") != 0),
    };
    *child = (struct child){.name = name};
    errval_t err = child_start(child, &request);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting %s", name);
        return false;
    }
    return true;
}

/// Runs a domain to its end. \return false if it could not be started
static bool run_domain(const char *name, const char *const *argv, struct child *child)
{
    if (!start_domain(name, argv, child)) {
        return false;
    }
    child_wait(child);
    return true;
}

/// Ways to crash, and what init must hear of them. The addresses are those that tests/system/domains/crash.c
/// uses.
static const struct {
    const char *kind;
    unsigned reason;
    uint64_t address;
    uint64_t mask; ///< Bits of the address that are known.
} crashes[] = {
    {"read", END_REASON_FAULT, 0x8, UINT64_MAX},
    {"write", END_REASON_FAULT, 0x10, UINT64_MAX},
    {"execute", END_REASON_FAULT, 0x18, UINT64_MAX},
    {"kernel", END_REASON_FAULT, 0xffff000000000000, UINT64_MAX},
    {"text", END_REASON_FAULT, USER_IMAGE_BASE, UINT64_MAX},
    {"data", END_REASON_FAULT, 0, 0},
    {"stack", END_REASON_FAULT, USER_OWN_BASE, ~(LARGE_PAGE_SIZE - 1)},
    {"thread", END_REASON_FAULT, 0, 0},
    {"trap", END_REASON_TRAP, 0, 0},
    {"disabled", END_REASON_FAULT, 0x8, UINT64_MAX},
    {"abort", END_REASON_STOPPED, 134, UINT64_MAX},
    {"exit", END_REASON_STOPPED, 7, UINT64_MAX},
    {"protect", END_REASON_FAULT, (300UL << 39) + BASE_PAGE_SIZE, UINT64_MAX},
};

static bool run_crash(unsigned i)
{
    const char *const argv[] = {"crash", crashes[i].kind, NULL};
    struct child child;
    if (!run_domain("crash", argv, &child)) {
        return false;
    }
    bool good = child.end.reason == crashes[i].reason
                && (child.end.address & crashes[i].mask) == (crashes[i].address & crashes[i].mask);
    char end[TEXT_BYTES];
    child_describe_end(&child, end, sizeof(end));
    printf("crash %s: %s: %s\n", crashes[i].kind, end, good ? "ok" : "FAILED");
    child_destroy(&child);
    return good;
}

/// Every kind of crash ends only its own domain, is reported rightly, and leaves no memory behind.
static unsigned run_crashes(void)
{
    unsigned failed = 0;
    run_crash(0); // what is made once for all children is made now
    gensize_t free_before = ram_alloc_free_bytes();
    for (unsigned i = 0; i < ARRAY_LENGTH(crashes); i++) {
        failed += !run_crash(i);
    }
    if (ram_alloc_free_bytes() != free_before) {
        printf("crash: %ld bytes of RAM did not come back: FAILED\n",
               (long)free_before - (long)ram_alloc_free_bytes());
        failed++;
    }
    return failed;
}

/// Domains that come and go leave nothing behind. \return how many checks failed
static unsigned run_spawns(unsigned long count)
{
    static const char *const argv[] = {"hello", NULL};
    gensize_t free_before = 0;
    for (unsigned long i = 0; i <= count; i++) {
        struct child hello = {.name = "hello"};
        struct spawn_request request = {.argv = argv};
        errval_t err = child_start(&hello, &request);
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "starting domain %lu", i);
            return 1;
        }
        child_wait(&hello);
        kernel_drain_trace();
        bool good = hello.end.reason == END_REASON_STOPPED && hello.end.address == 0;
        child_destroy(&hello);
        if (i == 0) {
            free_before = ram_alloc_free_bytes(); // what is made once for all children has been made
        }
        if (!good || ram_alloc_free_bytes() != free_before) {
            printf("spawn: domain %lu ended badly, or memory did not come back: FAILED\n", i);
            return 1;
        }
    }
    printf("spawn: %lu domains came and went\n", count);
    return 0;
}

/// Several of a test domain run at once if it is about what they could do to each other.
static unsigned instances_of(const char *test)
{
    static const struct {
        const char *test;
        unsigned instances;
    } several[] = {{"fp", 3}, {"sleepers", 3}, {"lines", INSTANCES_MAX}};
    for (unsigned i = 0; i < ARRAY_LENGTH(several); i++) {
        if (strcmp(test, several[i].test) == 0) {
            return several[i].instances;
        }
    }
    return 1;
}

/// Any other test domain says by its exit status how it went.
static unsigned run_plain_test(const struct command_line *line)
{
    const unsigned instances = instances_of(line->test);
    static struct child children[INSTANCES_MAX];
    char seed[32] = "seed=", how[32] = "how=", calls[32] = "calls=", check[32] = "check=", instance[32];
    strncat(seed, line->seed ? line->seed : "1", sizeof(seed) - sizeof("seed="));
    strncat(calls, line->calls ? line->calls : "0", sizeof(calls) - sizeof("calls="));
    strncat(how, line->how ? line->how : "", sizeof(how) - sizeof("how="));
    strncat(check, line->check ? line->check : "0", sizeof(check) - sizeof("check="));
    unsigned started = 0, failed = 0;
    for (; started < instances; started++) {
        snprintf(instance, sizeof(instance), "instance=%u", started);
        const char *const argv[] = {line->test, seed, calls, check, how, instance, NULL};
        if (!start_domain(line->test, argv, &children[started])) {
            failed++;
            break;
        }
    }
    for (unsigned i = 0; i < started; i++) {
        char end[TEXT_BYTES];
        child_wait(&children[i]);
        child_describe_end(&children[i], end, sizeof(end));
        failed += children[i].end.reason != END_REASON_STOPPED || children[i].end.address != 0;
        printf("init: test %s ended: %s\n", line->test, end);
        child_destroy(&children[i]);
    }
    return failed;
}

/// Twice the same: the second time finds as much memory as the first.
static unsigned run_twice(const struct command_line *line)
{
    unsigned failed = run_plain_test(line);
    gensize_t free_before = ram_alloc_free_bytes();
    failed += run_plain_test(line);
    if (ram_alloc_free_bytes() != free_before) {
        printf("init: memory of test %s did not come back: FAILED\n", line->test);
        failed++;
    }
    return failed;
}

unsigned init_run_test(const struct command_line *line)
{
    if (!line->test) {
        printf("init: mode=test needs test=NAME\n");
        return 2;
    }
    unsigned failed;
    monitor_offer("test", &test_service);
    if (line->services) {
        errval_t err = services_start();
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "starting the services");
            return 1;
        }
        have_console = false;
    }
    if (strcmp(line->test, "crash") == 0) {
        failed = run_crashes();
    } else if (strcmp(line->test, "spawn") == 0) {
        failed = run_spawns(line->calls ? strtoul(line->calls, NULL, 10) : DEFAULT_SPAWNS);
    } else if (strcmp(line->test, "cores") == 0) {
        failed = core_test_run(line);
    } else if (strcmp(line->test, "cspace") == 0) {
        failed = run_twice(line);
    } else {
        failed = run_plain_test(line);
    }
    if (!kernel_check_capabilities()) {
        printf("init: the kernel's mapping database is not sound: FAILED\n");
        failed++;
    }
    printf("test %s: %s\n", line->test, failed ? "failed" : "passed");
    return failed ? 1 : 0;
}
