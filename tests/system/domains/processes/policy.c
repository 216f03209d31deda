#include "processes.h"

#include <aos/aos.h>
#include <stdio.h>

static void try_rights(void)
{
    char number[16];
    domainid_t bystander = start("crasher", "wait", NULL, NULL);
    snprintf(number, sizeof(number), "%u", (unsigned)bystander);
    expect_end(start(SELF, "kill", number, NULL), PROCESS_KILLED, 0);
    CHECK_OK(process_kill(bystander));
    expect_end(bystander, PROCESS_KILLED, 0);
    run_role("middle", NULL, 0);
    run_role("quota", NULL, 0);
}

/// Who loses its parent goes on, belongs to nobody, and leaves nothing.
static void try_orphans(void)
{
    struct process_status status;
    struct process_end end;
    domainid_t parent = start(SELF, "orphan", NULL, NULL);
    CHECK_OK(process_wait(parent, &end));
    CHECK(end.reason == PROCESS_EXITED && end.exit_code > 0);
    domainid_t orphan = (domainid_t)end.exit_code;
    CHECK_OK(process_get_status(orphan, &status));
    CHECK(status.state == PROCESS_RUNNING && status.parent == 0);
    CHECK_OK(process_kill(orphan)); // init started us, so we may
    CHECK_ERR(process_get_status(orphan, &status), PROC_ERR_NO_PROCESS);
}

static void try_detached(void)
{
    const struct process_options options = {.is_detached = true};
    struct process_status status;
    domainid_t any, pid = start("crasher", "wait", NULL, &options);
    CHECK_ERR(process_wait_any(&any, NULL), PROC_ERR_NO_CHILD);
    CHECK_OK(process_kill(pid));
    CHECK_ERR(process_get_status(pid, &status), PROC_ERR_NO_PROCESS);
}

static void try_limits(void)
{
    struct process_options options = {.processes = 6};
    expect_end(start(SELF, "fill", NULL, &options), PROCESS_EXITED, 5);
    options.processes = 1;
    expect_end(start(SELF, "fill", NULL, &options), PROCESS_EXITED, 0);
    options.processes = 9;
    expect_end(start(SELF, "zombies", NULL, &options), PROCESS_EXITED, 8);
    options.processes = 12;
    expect_end(start("forkbomb", NULL, NULL, &options), PROCESS_EXITED, 0);
}

void test_bomb(uint32_t processes)
{
    const struct process_options options = {.processes = processes};
    uint64_t before = cycle_count();
    expect_end(start("forkbomb", NULL, NULL, &options), PROCESS_EXITED, 0);
    printf("processes: %u at a time, and not one more, after %lu instructions\n", (unsigned)processes,
           (unsigned long)(cycle_count() - before));
}

void test_policy(void)
{
    try_rights();
    try_orphans();
    try_detached();
    try_limits();
    printf("processes: everybody keeps within what is allowed\n");
}
