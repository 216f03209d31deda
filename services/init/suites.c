#include "children.h"
#include "init.h"
#include "monitor.h"
#include "services.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/kernel.h>
#include <aos/text.h>
#include <bench_suites.h>
#include <boot.h>
#include <harness/protocol.h>
#include <harness/report.h>
#include <interfaces/bench_server.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENT_BYTES 96
#define STATUS_BYTES   192
#define NO_BENCH       UINT32_MAX
#define BOOT_SUITE     "boot"

static const char *const suite_names[] = {BENCH_SUITE_NAMES};

/// A suite that runs, in the domain of its own and perhaps with another: a peer or a server.
struct suite_run {
    const char *name;
    uint32_t first;   ///< Number in this boot of its first bench.
    uint32_t count;   ///< Its benches; NO_BENCH until the domain has said it.
    uint32_t running; ///< The bench that was begun and is not over, or NO_BENCH.
    uint32_t next;    ///< The first bench that has not been begun.
    struct child bench;
    struct child other;
    char other_name[MONITOR_NAME_BYTES];
    bool has_other;
    volatile bool over; ///< The bench domain has ended, or the other, without which it would wait for ever.
    struct rpc_call *waits_for_peer;   ///< The bench's call, until the peer says where it serves.
    struct rpc_call *waits_for_server; ///< The bench's call, until the server says that it serves.
};

/// The suite that runs now: the calls of its two domains are for it.
static struct suite_run *running;

static bool is_from(const struct rpc_session *session, const struct child *child)
{
    return running && !child->ended && session->pid == child->pid;
}

static errval_t plan(struct rpc_session *session, uint32_t count)
{
    if (!is_from(session, &running->bench)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    running->count = count;
    return SYS_ERR_OK;
}

static errval_t begin(struct rpc_session *session, uint32_t index)
{
    if (!is_from(session, &running->bench)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    kernel_drain_trace();
    running->running = index;
    running->next = index + 1;
    return SYS_ERR_OK;
}

static errval_t end(struct rpc_session *session, uint32_t index)
{
    (void)index;
    if (!is_from(session, &running->bench)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    running->running = NO_BENCH;
    return SYS_ERR_OK;
}

static void note_end(struct child *child)
{
    (void)child;
    running->over = true;
}

static errval_t start_other(struct suite_run *run, const char *name)
{
    const char *const argv[] = {name, "ready=bench", NULL};
    struct spawn_request request = {.argv = argv, .ram_bytes = BENCH_RAM_BYTES, .console = true};
    strncpy(run->other_name, name, sizeof(run->other_name) - 1);
    run->other = (struct child){.name = run->other_name, .on_end = note_end};
    errval_t err = child_start(&run->other, &request);
    run->has_other = err_is_ok(err);
    return err;
}

/// Starts the other domain for a call of the bench, which is answered when that domain says so.
static errval_t start_for(struct rpc_session *session, const char *name, struct rpc_call **ret)
{
    if (!is_from(session, &running->bench) || running->has_other) {
        return RPC_ERR_NOT_ALLOWED;
    }
    errval_t err = start_other(running, name);
    if (err_is_fail(err)) {
        return err;
    }
    *ret = rpc_defer(session);
    return *ret ? RPC_LATER : LIB_ERR_MALLOC_FAIL;
}

static errval_t get_peer(struct rpc_session *session, struct capref *endpoint)
{
    (void)endpoint;
    return start_for(session, "peer", &running->waits_for_peer);
}

static errval_t server(struct rpc_session *session, const char *name)
{
    return start_for(session, name, &running->waits_for_server);
}

static errval_t serving(struct rpc_session *session)
{
    if (!running || !running->waits_for_server || !is_from(session, &running->other)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    bench_server_answer(running->waits_for_server, SYS_ERR_OK);
    running->waits_for_server = NULL;
    return SYS_ERR_OK;
}

static errval_t drain(struct rpc_session *session)
{
    if (!is_from(session, &running->bench)) {
        return RPC_ERR_NOT_ALLOWED;
    }
    return kernel_drain_trace();
}

/// The bench may send to the peer, and not take its endpoint away.
static errval_t ready(struct rpc_session *session, struct capref endpoint)
{
    struct rpc_call *call = running ? running->waits_for_peer : NULL;
    if (!call || !is_from(session, &running->other)) {
        cap_discard(endpoint);
        return RPC_ERR_NOT_ALLOWED;
    }
    running->waits_for_peer = NULL;
    struct capref granted;
    errval_t err = slot_alloc(&granted);
    if (err_is_ok(err)) {
        err = cap_grant(granted, endpoint);
    }
    bench_get_peer_answer(call, err, granted);
    cap_discard(endpoint);
    if (err_is_ok(err)) {
        cap_discard(granted);
    }
    return SYS_ERR_OK;
}

static const struct bench_operations operations = {
    .plan = plan,
    .get_peer = get_peer,
    .begin = begin,
    .end = end,
    .ready = ready,
    .server = server,
    .serving = serving,
    .drain = drain,
};
static const struct rpc_service bench_service = {.skeleton = &bench_skeleton, .operations = &operations};

static size_t ram_for(const char *suite)
{
    return strcmp(suite, "mm") == 0 ? BENCH_LARGE_RAM_BYTES : BENCH_RAM_BYTES;
}

static errval_t start_bench(struct suite_run *run, const struct command_line *line)
{
    char arguments[6][ARGUMENT_BYTES];
    snprintf(arguments[0], ARGUMENT_BYTES, "suite=%s", run->name);
    snprintf(arguments[1], ARGUMENT_BYTES, "first=%lu", (unsigned long)run->first);
    snprintf(arguments[2], ARGUMENT_BYTES, "from=%lu", (unsigned long)run->next);
    snprintf(arguments[3], ARGUMENT_BYTES, "samples=%lu", (unsigned long)line->samples);
    snprintf(arguments[4], ARGUMENT_BYTES, "fault=%s", line->fault ? line->fault : "");
    snprintf(arguments[5], ARGUMENT_BYTES, "slow=%s", line->slow ? line->slow : "");
    const char *argv[] = {"bench",      arguments[0], arguments[1], arguments[2],
                          arguments[3], arguments[4], arguments[5], NULL};
    const struct spawn_grant wakes = {.slot = TASKCN_SLOT_CORE, .cap = cap_core};
    struct spawn_request request = {
        .argv = argv,
        .ram_bytes = ram_for(run->name),
        .console = true,
        .modules = strcmp(run->name, "spawn") == 0, // it starts domains itself
        .grants = &wakes,
        .grant_count = strcmp(run->name, "cores") == 0,
    };
    run->running = NO_BENCH;
    run->has_other = false;
    run->waits_for_peer = NULL;
    run->waits_for_server = NULL;
    run->bench = (struct child){.name = "bench", .on_end = note_end};
    run->other = (struct child){.on_end = note_end, .ended = true};
    run->over = false;
    running = run;
    return child_start(&run->bench, &request);
}

static bool ended_well(const struct suite_run *run)
{
    return run->bench.ended && run->bench.end.reason == END_REASON_STOPPED && run->bench.end.address == 0;
}

/// "failed: why", from the end of the domain that ended first.
static void describe_failure(const struct suite_run *run, char *status)
{
    const struct child *culprit = run->bench.ended ? &run->bench : &run->other;
    char end[STATUS_BYTES / 2];
    struct text text;
    child_describe_end(culprit, end, sizeof(end));
    text_init(&text, status, STATUS_BYTES);
    text_add(&text, "failed: domain ");
    text_add(&text, culprit->name);
    text_add(&text, " ended: ");
    text_add(&text, end);
}

/**
 * Runs one domain of the suite to its end.
 *
 * \param status set to "failed: why" if it did not end well
 * \return true if the rest of the suite should be run by another domain
 */
static bool run_once(struct suite_run *run, const struct command_line *line, char *status)
{
    uint32_t begun_before = run->next;
    errval_t err = start_bench(run, line);
    if (err_is_fail(err)) {
        strcpy(status, "failed: ");
        err_describe(status + strlen(status), STATUS_BYTES - strlen(status), err);
        return false;
    }
    rpc_serve_until(&run->over);
    running = NULL;
    bool good = ended_well(run);
    if (!good) {
        describe_failure(run, status);
        if (run->running != NO_BENCH) {
            report_end(run->first + run->running, status, 0, 0);
        }
    }
    if (run->has_other) {
        child_destroy(&run->other);
    }
    child_destroy(&run->bench);
    // A domain that dies before it begins a bench would do so again.
    return !good && run->count != NO_BENCH && run->next > begun_before && run->next < run->count;
}

/// Others are alone with init, so that nothing else runs.
static bool needs_services(const char *suite)
{
    static const char *const suites[] = {"mem", "names", "scaling", "spawn", "ump"};
    for (unsigned i = 0; i < ARRAY_LENGTH(suites); i++) {
        if (strcmp(suite, suites[i]) == 0) {
            return true;
        }
    }
    return false;
}

/// \return true if every bench of the suite was run by a domain that ended well
static bool run_suite(const char *name, uint32_t *first, const struct command_line *line)
{
    struct suite_run run = {.name = name, .first = *first, .count = NO_BENCH};
    char status[STATUS_BYTES] = "ok";
    printf("suite %s\n", name);
    if (needs_services(name) && err_is_fail(services_start())) {
        report_suite(name, "failed: the services did not start");
        return false;
    }
    while (run_once(&run, line, status)) {
        printf("suite %s: %s; going on behind that bench\n", name, status);
    }
    if (needs_services(name)) {
        services_stop();
    }
    report_suite(name, status);
    *first += run.count == NO_BENCH ? 0 : run.count;
    bool good = strcmp(status, "ok") == 0;
    printf("suite %s: %s\n", name, status);
    return good;
}

static bool is_chosen(const char *suites, const char *name)
{
    if (strcmp(suites, "all") == 0) {
        return true;
    }
    size_t length = strlen(name);
    for (const char *at = suites; *at; at += strspn(at, ",")) {
        size_t word = strcspn(at, ",");
        if (word == length && memcmp(at, name, length) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}

/// True if every chosen name is a suite; says so if not.
static bool names_are_known(const char *suites)
{
    if (strcmp(suites, "all") == 0) {
        return true;
    }
    bool good = true;
    for (const char *at = suites; *at; at += strspn(at, ",")) {
        size_t word = strcspn(at, ",");
        bool known = word == strlen(BOOT_SUITE) && memcmp(at, BOOT_SUITE, word) == 0;
        for (unsigned i = 0; i < BENCH_SUITE_COUNT; i++) {
            known |= word == strlen(suite_names[i]) && memcmp(at, suite_names[i], word) == 0;
        }
        if (!known) {
            printf("init: there is no suite '%.*s'; suites: " BOOT_SUITE, (int)word, at);
            for (unsigned i = 0; i < BENCH_SUITE_COUNT; i++) {
                printf(" %s", suite_names[i]);
            }
            printf("\n");
            good = false;
        }
        at += word;
    }
    return good;
}

/// The first domain after init, run to its end without a console. \return false if that failed
static bool run_first_domain(void)
{
    static const char *const argv[] = {"hello", NULL};
    struct spawn_request request = {.argv = argv};
    struct child hello = {.name = "hello"};
    errval_t err = child_start(&hello, &request);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting the first domain");
        return false;
    }
    boot_note("first_domain");
    child_wait(&hello);
    boot_note("first_domain_end");
    bool good = hello.end.reason == END_REASON_STOPPED && hello.end.address == 0;
    child_destroy(&hello);
    return good;
}

/// The suite that needs no domain of its own.
static bool run_boot_suite(uint32_t *first)
{
    bool good = run_first_domain();
    *first += boot_report(*first);
    report_suite(BOOT_SUITE, good ? "ok" : "failed: the first domain did not end well");
    return good;
}

unsigned init_run_benches(const struct command_line *line)
{
    if (!names_are_known(line->suites)) {
        return 2;
    }
    uint32_t first = 0;
    unsigned failed = 0;
    monitor_offer("bench", &bench_service);
    if (is_chosen(line->suites, BOOT_SUITE)) {
        kernel_send_hello();
        failed += !run_boot_suite(&first);
    }
    for (unsigned i = 0; i < BENCH_SUITE_COUNT; i++) {
        if (is_chosen(line->suites, suite_names[i])) {
            kernel_send_hello();
            failed += !run_suite(suite_names[i], &first, line);
        }
    }
    report_done();
    return failed ? 1 : 0;
}
