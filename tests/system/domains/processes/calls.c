#include "processes.h"

#include <aos/aos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_BYTES 0x40000UL

static void try_arguments(void)
{
    const char *const argv[] = {SELF, "arguments", "", "two words", NULL};
    const char *const envp[] = {"A=1", "B=", NULL}, *const none[] = {NULL};
    struct process_options options = {.envp = envp};
    domainid_t pid;
    CHECK_OK(process_spawn(SELF, argv, &options, &pid));
    expect_end(pid, PROCESS_EXITED, 0);
    options.envp = none;
    expect_end(start(SELF, "environment", NULL, &options), PROCESS_EXITED, 0);
    expect_end(start("hello", NULL, NULL, NULL), PROCESS_EXITED, 0);
    expect_end(start("hello", "arguments", "x", NULL), PROCESS_EXITED, 0);
}

static void try_long_arguments(void)
{
    char *text = malloc(ARGUMENTS_LIMIT_BYTES + 1);
    const char *const argv[] = {SELF, "length", text, NULL};
    domainid_t pid;
    CHECK(text);
    memset(text, 'x', ARGUMENTS_LIMIT_BYTES);
    text[LONG_BYTES] = 0;
    CHECK_OK(process_spawn(SELF, argv, NULL, &pid));
    expect_end(pid, PROCESS_EXITED, LONG_BYTES / 1024);
    text[LONG_BYTES] = 'x';
    text[ARGUMENTS_LIMIT_BYTES] = 0;
    CHECK_ERR(process_spawn(SELF, argv, NULL, &pid), LIB_ERR_ARGUMENTS_TOO_LONG);
    free(text);
}

static void try_codes(void)
{
    run_role("return", "0", 0);
    run_role("return", "42", 42);
    run_role("return", "-3", -3);
    run_role("exit", "2147483647", 2147483647);
    run_role("exit", "-2147483648", -2147483647 - 1);
}

/// What the program `crasher` does, and what its parent must hear.
static const struct {
    const char *way;
    enum process_reason reason;
    int exit_code;
    bool knows_address;
    uint64_t address;
} crashes[] = {
    {"read", PROCESS_FAULTED, 0, true, 0x8},     {"write", PROCESS_FAULTED, 0, true, 0x10},
    {"execute", PROCESS_FAULTED, 0, true, 0x18}, {"null", PROCESS_FAULTED, 0, true, 0},
    {"undefined", PROCESS_TRAPPED, 0, false, 0}, {"misaligned", PROCESS_FAULTED, 0, false, 0},
    {"stack", PROCESS_FAULTED, 0, false, 0},     {"exit", PROCESS_EXITED, 17, false, 0},
    {"abort", PROCESS_EXITED, 134, false, 0},
};

static void try_crashes(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(crashes); i++) {
        domainid_t pid = start("crasher", crashes[i].way, "17", NULL);
        struct process_end end;
        char text[96];
        CHECK_OK(process_wait(pid, &end));
        process_describe_end(&end, text, sizeof(text));
        bool good = end.reason == crashes[i].reason && end.exit_code == crashes[i].exit_code
                    && (!crashes[i].knows_address || end.address == crashes[i].address)
                    && (end.pc != 0 || end.reason == PROCESS_EXITED || end.address == 0);
        printf("processes: crasher %s: %s%s\n", crashes[i].way, text, good ? "" : ": WRONG");
        CHECK(good);
    }
}

static void try_kills(void)
{
    static const char *const ways[] = {"spin", "wait"};
    for (unsigned i = 0; i < ARRAY_LENGTH(ways); i++) {
        domainid_t pid = start("crasher", ways[i], NULL, NULL);
        struct process_status status;
        for (unsigned turn = 0; turn < 2; turn++) {
            CHECK_OK(process_get_status(pid, &status));
            CHECK(status.state == PROCESS_RUNNING && status.parent == disp_get_domain_id());
            thread_sleep_us(30000);
        }
        CHECK_OK(process_kill(pid));
        CHECK_ERR(process_kill(pid), PROC_ERR_NO_PROCESS);
        CHECK_OK(process_get_status(pid, &status));
        CHECK(status.state == PROCESS_ENDED && status.end.reason == PROCESS_KILLED);
        expect_end(pid, PROCESS_KILLED, 0);
        CHECK_ERR(process_get_status(pid, &status), PROC_ERR_NO_PROCESS);
        CHECK_ERR(process_wait(pid, NULL), PROC_ERR_NO_PROCESS);
    }
}

static void try_any(void)
{
    struct process_end end;
    domainid_t pid, pids[3];
    CHECK_ERR(process_wait_any(&pid, &end), PROC_ERR_NO_CHILD);
    for (int i = 0; i < 3; i++) {
        const char code[] = {(char)('1' + i), 0};
        pids[i] = start(SELF, "return", code, NULL);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_OK(process_wait_any(&pid, &end));
        CHECK(end.reason == PROCESS_EXITED && end.exit_code >= 1 && end.exit_code <= 3);
        CHECK(pids[end.exit_code - 1] == pid);
        pids[end.exit_code - 1] = 0;
    }
    CHECK_ERR(process_wait_any(&pid, &end), PROC_ERR_NO_CHILD);
}

static bool is_listed(domainid_t pid, const char *name)
{
    struct process_entry *entries;
    domainid_t *pids;
    size_t count, pid_count, found = 0;
    CHECK_OK(process_list(&entries, &count));
    CHECK_OK(process_get_all_pids(&pids, &pid_count));
    CHECK(count == pid_count);
    for (size_t i = 0; i < count; i++) {
        found += pids[i] == pid;
        if (entries[i].pid == pid) {
            found++;
            CHECK(strcmp(entries[i].name, name) == 0 && entries[i].parent == disp_get_domain_id());
            CHECK(entries[i].ram_bytes > 0 && entries[i].state == PROCESS_RUNNING);
        }
    }
    free(entries);
    free(pids);
    CHECK(found == 0 || found == 2);
    return found == 2;
}

static void try_names(void)
{
    domainid_t pid = start("crasher", "wait", NULL, NULL);
    uint64_t cycles[PROCESS_TIMES_END], sum = 0;
    char *name;
    CHECK_OK(process_get_name(pid, &name));
    CHECK(strcmp(name, "crasher") == 0);
    free(name);
    CHECK(is_listed(pid, "crasher"));
    CHECK_OK(process_get_phases(pid, cycles));
    for (unsigned i = 0; i < PROCESS_PHASES; i++) {
        CHECK(cycles[i] > 0);
        sum += cycles[i];
    }
    CHECK(sum <= cycles[PROCESS_TIME_STARTED] - cycles[PROCESS_TIME_CALLED]);
    CHECK_OK(process_kill(pid));
    CHECK_OK(process_wait(pid, NULL));
    CHECK(!is_listed(pid, "crasher"));
    CHECK_ERR(process_get_name(pid, &name), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_get_phases(pid, cycles), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_kill(pid), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_get_name(0, &name), PROC_ERR_NO_PROCESS);
}

static void try_grant(void)
{
    struct capref frame;
    void *page;
    CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    CHECK_OK(paging_map_frame_attr(get_current_paging_state(), &page, BASE_PAGE_SIZE, frame,
                                   VREGION_FLAGS_READ_WRITE));
    *(int *)page = 99;
    struct capref copy;
    CHECK_OK(slot_alloc(&copy));
    CHECK_OK(cap_copy(copy, frame));
    const struct process_options options = {.grant = &copy};
    expect_end(start(SELF, "grant", NULL, &options), PROCESS_EXITED, 99);
    CHECK_OK(paging_unmap(get_current_paging_state(), page));
    CHECK_OK(ram_free(frame));
}

static void try_refusals(void)
{
    const char *const argv[] = {"hello", NULL};
    struct process_options options = {.core = CORES_MAX};
    char long_name[PROCESS_NAME_BYTES + 1];
    domainid_t pid;
    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = 0;
    CHECK_ERR(process_spawn("hello", argv, &options, &pid), PROC_ERR_CORE);
    CHECK_ERR(process_spawn("no such program", argv, NULL, &pid), SPAWN_ERR_FIND_MODULE);
    CHECK_ERR(process_spawn("", argv, NULL, &pid), SPAWN_ERR_FIND_MODULE);
    CHECK_ERR(process_spawn(long_name, argv, NULL, &pid), SPAWN_ERR_FIND_MODULE);
    CHECK_ERR(process_wait(0, NULL), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_wait(disp_get_domain_id(), NULL), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_kill(1), PROC_ERR_NO_PROCESS);
}

void test_calls(void)
{
    try_arguments();
    try_long_arguments();
    try_codes();
    try_crashes();
    try_kills();
    try_any();
    try_names();
    try_grant();
    try_refusals();
    printf("processes: every call does what it should\n");
}
