#include "children.h"
#include "init.h"

#include <aos/aos.h>
#include <aos/kernel.h>
#include <aos/text.h>
#include <bench_suites.h>
#include <boot.h>
#include <harness/protocol.h>
#include <harness/report.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENT_BYTES 96
#define STATUS_BYTES   192
#define NO_BENCH       UINT32_MAX
#define BOOT_SUITE     "boot"

static const char *const suite_names[] = {BENCH_SUITE_NAMES};

/// A suite that runs, in the domain of its own and perhaps a peer.
struct suite_run {
    const char *name;
    uint32_t first;   ///< Number in this boot of its first bench.
    uint32_t count;   ///< Its benches; NO_BENCH until the domain has said it.
    uint32_t running; ///< The bench that was begun and is not over, or NO_BENCH.
    uint32_t next;    ///< The first bench that has not been begun.
    struct child bench;
    struct child peer;
    bool has_peer;
    bool answered; ///< The bench has the peer's endpoint.
};

/// The bench may send to the peer, and not take its endpoint away.
static void answer_with(struct child *bench, struct capref peer)
{
    struct capref granted;
    errval_t err = slot_alloc(&granted);
    if (err_is_fail(err)) {
        child_answer(bench, err, NULL_CAP);
        return;
    }
    err = cap_grant(granted, peer);
    child_answer(bench, err, err_is_ok(err) ? granted : NULL_CAP);
    if (err_is_ok(err)) {
        cap_delete(granted);
    }
    slot_free(granted);
}

/// The peer says where it serves; the bench waits to hear it.
static void hear_peer(struct child *peer, const struct lmp_recv_msg *msg, struct capref cap)
{
    struct suite_run *run = peer->context;
    if (msg->words[0] == PEER_MESSAGE_READY && !capref_is_null(cap) && !run->answered) {
        run->answered = true;
        answer_with(&run->bench, cap);
    }
    if (!capref_is_null(cap)) {
        cap_destroy(cap);
    }
}

static errval_t start_peer(struct suite_run *run)
{
    static const char *const argv[] = {"peer", NULL};
    struct spawn_request request = {.argv = argv, .ram_bytes = BENCH_RAM_BYTES, .console = true};
    if (run->has_peer) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    run->peer = (struct child){.name = "peer", .message = hear_peer, .context = run};
    errval_t err = child_start(&run->peer, &request);
    run->has_peer = err_is_ok(err);
    return err;
}

static void hear_bench(struct child *bench, const struct lmp_recv_msg *msg, struct capref cap)
{
    struct suite_run *run = bench->context;
    uint32_t value = (uint32_t)msg->words[1];
    errval_t answer = SYS_ERR_OK;
    if (!capref_is_null(cap)) {
        cap_destroy(cap);
    }
    switch (msg->words[0]) {
    case BENCH_MESSAGE_PLAN:
        run->count = value;
        break;
    case BENCH_MESSAGE_PEER:
        answer = start_peer(run);
        if (err_is_ok(answer)) {
            return; // hear_peer() answers
        }
        break;
    case BENCH_MESSAGE_BEGIN:
        kernel_drain_trace();
        run->running = value;
        run->next = value + 1;
        break;
    case BENCH_MESSAGE_END:
        run->running = NO_BENCH;
        break;
    default:
        answer = SYS_ERR_INVALID_ARGUMENT;
    }
    child_answer(bench, answer, NULL_CAP);
}

static size_t ram_for(const char *suite)
{
    return strcmp(suite, "mm") == 0 ? BENCH_LARGE_RAM_BYTES : BENCH_RAM_BYTES;
}

static errval_t start_bench(struct suite_run *run, const struct command_line *line)
{
    char arguments[5][ARGUMENT_BYTES];
    snprintf(arguments[0], ARGUMENT_BYTES, "suite=%s", run->name);
    snprintf(arguments[1], ARGUMENT_BYTES, "first=%lu", (unsigned long)run->first);
    snprintf(arguments[2], ARGUMENT_BYTES, "from=%lu", (unsigned long)run->next);
    snprintf(arguments[3], ARGUMENT_BYTES, "samples=%lu", (unsigned long)line->samples);
    snprintf(arguments[4], ARGUMENT_BYTES, "fault=%s", line->fault ? line->fault : "");
    const char *argv[] = {"bench",      arguments[0], arguments[1], arguments[2],
                          arguments[3], arguments[4], NULL};
    struct spawn_request request = {.argv = argv, .ram_bytes = ram_for(run->name), .console = true};
    run->running = NO_BENCH;
    run->has_peer = run->answered = false;
    run->bench = (struct child){.name = "bench", .message = hear_bench, .context = run};
    return child_start(&run->bench, &request);
}

/// Handles events until the bench domain has ended, or its peer, without which it would wait for ever.
static void wait_for_end(struct suite_run *run)
{
    while (!run->bench.ended && !(run->has_peer && run->peer.ended)) {
        errval_t err = event_dispatch(get_default_waitset());
        if (err_is_fail(err)) {
            USER_PANIC_ERR(err, "waiting for suite %s", run->name);
        }
    }
}

static bool ended_well(const struct suite_run *run)
{
    return run->bench.ended && run->bench.end.reason == END_REASON_STOPPED && run->bench.end.address == 0;
}

/// "failed: why", from the end of the domain that ended first.
static void describe_failure(const struct suite_run *run, char *status)
{
    const struct child *culprit = run->bench.ended ? &run->bench : &run->peer;
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
    wait_for_end(run);
    bool good = ended_well(run);
    if (!good) {
        describe_failure(run, status);
        if (run->running != NO_BENCH) {
            report_end(run->first + run->running, status, 0, 0);
        }
    }
    if (run->has_peer) {
        child_destroy(&run->peer);
    }
    child_destroy(&run->bench);
    // A domain that dies before it begins a bench would do so again.
    return !good && run->count != NO_BENCH && run->next > begun_before && run->next < run->count;
}

/// \return true if every bench of the suite was run by a domain that ended well
static bool run_suite(const char *name, uint32_t *first, const struct command_line *line)
{
    struct suite_run run = {.name = name, .first = *first, .count = NO_BENCH};
    char status[STATUS_BYTES] = "ok";
    printf("suite %s\n", name);
    while (run_once(&run, line, status)) {
        printf("suite %s: %s; going on behind that bench\n", name, status);
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
    struct child hello = {.name = "hello", .message = child_ignore};
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
