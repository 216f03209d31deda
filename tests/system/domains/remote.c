/**
 * Processes on other cores: started, waited for, asked about and ended as if they were here.
 *
 * Arguments: calls=N, rounds. A child of itself is told what it is to do by its first argument.
 */
#include "arguments.h"
#include "check.h"

#include <aos/aos.h>
#include <aos/process.h>
#include <aos/rpc.h>
#include <aos/threads.h>
#include <interfaces/mem.h>
#include <interfaces/monitor.h>
#include <interfaces/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ROUNDS 3
#define SELF           "remote"
#define EXIT_CODE      100 ///< And the core's number.
#define NAP_US         3000
#define BALANCE_TRIES  100
#define EAT_BYTES      0x3000000UL ///< More than a core starts with, if it can ask for more.
#define KEPT_BYTES     0x400000UL  ///< That servers may keep for later.

static struct rpc_client *tests;
static uint64_t running; ///< Bit n is core n.

static domainid_t start_on(coreid_t core, const char *what, const char *number)
{
    const char *const argv[] = {SELF, what, number, NULL};
    const struct process_options options = {.core = core};
    domainid_t pid;
    CHECK_OK(process_spawn(SELF, argv, &options, &pid));
    CHECK(process_core(pid) == core);
    return pid;
}

static void expect(domainid_t pid, enum process_reason reason, int exit_code)
{
    struct process_end end;
    CHECK_OK(process_wait(pid, &end));
    if (end.reason != reason || (reason == PROCESS_EXITED && end.exit_code != exit_code)) {
        char text[80];
        process_describe_end(&end, text, sizeof(text));
        printf("remote: process %x: %s\n", (unsigned)pid, text);
    }
    CHECK(end.reason == reason && (reason != PROCESS_EXITED || end.exit_code == exit_code));
    CHECK_ERR(process_wait(pid, &end), PROC_ERR_NO_PROCESS);
}

static unsigned next_core(unsigned core)
{
    do {
        core = (core + 1) % 64;
    } while (!(running >> core & 1));
    return core;
}

static unsigned count_own(void)
{
    struct process_entry *entries;
    size_t count;
    unsigned own = 0;
    CHECK_OK(process_list(&entries, &count));
    for (size_t i = 0; i < count; i++) {
        own += strcmp(entries[i].name, SELF) == 0;
        CHECK(strcmp(entries[i].name, SELF) != 0 || entries[i].state == PROCESS_RUNNING);
    }
    free(entries);
    return own;
}

/// One core: each way to end, and what there is to ask.
static void test_core(coreid_t core)
{
    struct process_status status;
    char *name;
    expect(start_on(core, "exit", NULL), PROCESS_EXITED, EXIT_CODE + (int)core);
    expect(start_on(core, "fault", NULL), PROCESS_FAULTED, 0);
    domainid_t pid = start_on(core, "sleep", NULL);
    CHECK_OK(process_get_status(pid, &status));
    CHECK(status.state == PROCESS_RUNNING && status.parent == disp_get_domain_id());
    CHECK_OK(process_get_name(pid, &name));
    CHECK(strcmp(name, SELF) == 0);
    free(name);
    CHECK(count_own() == 1);
    CHECK_OK(process_kill(pid));
    expect(pid, PROCESS_KILLED, 0);
    CHECK(count_own() == 0);
}

/// Children on all cores at once, waited for in the order in which they end.
static void test_any(void)
{
    uint64_t ended = 0;
    domainid_t pid;
    struct process_end end;
    for (unsigned core = 0; core < 64; core++) {
        if (running >> core & 1) {
            start_on(core, "nap", NULL);
        }
    }
    for (unsigned i = 0; i < (unsigned)__builtin_popcountl(running); i++) {
        CHECK_OK(process_wait_any(&pid, &end));
        CHECK(end.exit_code == EXIT_CODE + (int)process_core(pid));
        ended |= 1UL << process_core(pid);
    }
    CHECK(ended == running);
    CHECK_ERR(process_wait_any(&pid, &end), PROC_ERR_NO_CHILD);
}

/// Each starts the next one, on the next core, so far around that it comes by here again.
static void test_chain(void)
{
    char number[16];
    const int length = 2 * __builtin_popcountl(running);
    snprintf(number, sizeof(number), "%d", length);
    expect(start_on(next_core(disp_get_core_id()), "chain", number), PROCESS_EXITED, length);
}

/// A parent ends, its child elsewhere goes on without one, and can be ended by who init trusts.
static void test_orphan(void)
{
    struct process_status status;
    const coreid_t there = next_core(disp_get_core_id());
    struct process_end end;
    domainid_t parent = start_on(there, "orphan", NULL), child = 0;
    struct process_entry *entries;
    size_t count;
    expect(parent, PROCESS_EXITED, 0);
    CHECK_OK(process_list(&entries, &count));
    for (size_t i = 0; i < count; i++) {
        child = strcmp(entries[i].name, SELF) == 0 ? entries[i].pid : child;
    }
    free(entries);
    CHECK(child != 0);
    do {
        CHECK_OK(process_get_status(child, &status)); // its server hears of it by the channel's end
    } while (status.parent != 0);
    CHECK_OK(process_kill(child));
    errval_t err = process_wait(child, &end); // nobody's child is forgotten when it has ended
    CHECK(err_is_ok(err) || err_no(err) == PROC_ERR_NO_PROCESS);
}

/// What a process elsewhere takes comes back to where it came from. One takes more than a core has at first.
static void test_memory(void)
{
    uint64_t total, before, after, granted, quota, sessions;
    struct rpc_client *mem;
    CHECK_OK(rpc_connect_at(0, "mem", &mem_interface, &mem));
    for (unsigned core = 0; core < 64; core++) {
        if (!(running >> core & 1)) {
            continue;
        }
        const struct process_options options = {.core = core, .ram_bytes = 2 * EAT_BYTES};
        const char *const argv[] = {SELF, "eat", NULL};
        domainid_t pid;
        CHECK_OK(mem_status(mem, &total, &before, &granted, &quota, &sessions));
        for (unsigned i = 0; i < 3; i++) {
            CHECK_OK(process_spawn(SELF, argv, &options, &pid));
            expect(pid, PROCESS_EXITED, EXIT_CODE + (int)core);
        }
        // It is taken back a piece at a time, when the servers have nothing else to do.
        for (unsigned tries = 0; tries < BALANCE_TRIES; tries++) {
            CHECK_OK(mem_status(mem, &total, &after, &granted, &quota, &sessions));
            if (before <= after + KEPT_BYTES) {
                break;
            }
            thread_sleep_us(NAP_US);
        }
        printf("remote: core %u took %lu KiB, and %ld KiB of mem's did not come back\n", core,
               EAT_BYTES >> 10, ((long)before - (long)after) / 1024);
        CHECK(before <= after + KEPT_BYTES);
    }
    rpc_disconnect(mem);
}

static void test_errors(void)
{
    const char *const argv[] = {SELF, NULL};
    struct process_options options = {.core = 77};
    domainid_t pid;
    struct process_end end;
    CHECK_ERR(process_spawn(SELF, argv, &options, &pid), PROC_ERR_CORE);
    options.core = next_core(disp_get_core_id());
    CHECK_ERR(process_spawn("nothing", argv, &options, &pid), SPAWN_ERR_FIND_MODULE);
    CHECK_ERR(process_wait(77U << PID_CORE_SHIFT | 5, &end), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_kill((domainid_t)options.core << PID_CORE_SHIFT | 0xffffff), PROC_ERR_NO_PROCESS);
}

/// The channels of all that have ended are gone from this core's init. \param round the first makes what
/// stays
static void balance(uint64_t round)
{
    static uint64_t bytes_before, slots_before;
    uint64_t bytes = 0, slots = 0;
    // The last to end is told of before its channels to services here are all taken back.
    for (unsigned tries = 0; tries < BALANCE_TRIES; tries++) {
        CHECK_OK(test_free_memory(tests, &bytes));
        CHECK_OK(test_used_slots(tests, &slots));
        if (round == 0 || (bytes >= bytes_before && slots <= slots_before)) {
            break;
        }
        thread_sleep_us(NAP_US);
    }
    if (round <= 1) { // the second is the first that finds all as it stays
        bytes_before = bytes;
        slots_before = slots;
        return;
    }
    printf("remote: init has %ld KiB and %ld slots less than before\n",
           ((long)bytes_before - (long)bytes) / 1024, (long)slots - (long)slots_before);
    CHECK(bytes >= bytes_before && slots <= slots_before);
}

static int be_child(char *argv[])
{
    const int code = EXIT_CODE + (int)disp_get_core_id();
    if (strcmp(argv[1], "fault") == 0) {
        *(volatile int *)strtoul("8", NULL, 10) = 1;
    } else if (strcmp(argv[1], "sleep") == 0) {
        thread_sleep_us(UINT32_MAX);
    } else if (strcmp(argv[1], "nap") == 0) {
        thread_sleep_us(NAP_US * (1 + disp_get_core_id() % 3));
    } else if (strcmp(argv[1], "eat") == 0) {
        char *food = malloc(EAT_BYTES);
        for (size_t i = 0; i < EAT_BYTES; i += BASE_PAGE_SIZE) {
            food[i] = (char)code;
        }
        return food[EAT_BYTES / 2] == (char)code ? code : 1;
    } else if (strcmp(argv[1], "orphan") == 0) {
        start_on(next_core(disp_get_core_id()), "sleep", NULL);
        return 0;
    } else if (strcmp(argv[1], "chain") == 0) {
        const int left = atoi(argv[2]);
        char number[16];
        struct process_end end = {.exit_code = 0};
        snprintf(number, sizeof(number), "%d", left - 1);
        if (left > 1) {
            CHECK_OK(process_wait(start_on(next_core(disp_get_core_id()), "chain", number), &end));
        }
        return end.exit_code + 1;
    }
    return code;
}

int main(int argc, char *argv[])
{
    struct rpc_client *init;
    CHECK_OK(rpc_init_channel(&init));
    CHECK_OK(monitor_cores(init, &running));
    if (argc > 1 && !strchr(argv[1], '=')) {
        return be_child(argv);
    }
    const uint64_t rounds = argument_number(argc, argv, "calls", DEFAULT_ROUNDS);
    if (strcmp(argument(argc, argv, "how"), "memory") == 0) {
        test_memory();
        return 0;
    }
    CHECK_OK(rpc_connect("test", &test_interface, &tests));
    for (uint64_t i = 0; i < rounds; i++) {
        for (unsigned core = 0; core < 64; core++) {
            if (running >> core & 1) {
                test_core(core);
            }
        }
        test_any();
        test_chain();
        test_orphan();
        test_errors();
        balance(i);
    }
    printf("remote: %d cores, %lu rounds\n", __builtin_popcountl(running), (unsigned long)rounds);
    return 0;
}
