#include "processes.h"

#include <aos/aos.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int see_arguments(int argc, char *argv[], char *envp[])
{
    CHECK(argc == 4 && strcmp(argv[2], "") == 0 && strcmp(argv[3], "two words") == 0);
    CHECK(strcmp(envp[0], "A=1") == 0 && strcmp(envp[1], "B=") == 0 && envp[2] == NULL);
    CHECK(strcmp(getenv("A"), "1") == 0);
    return EXIT_SUCCESS;
}

static int see_environment(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    CHECK(envp[0] == NULL);
    return EXIT_SUCCESS;
}

static int see_length(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    return (int)(strlen(argv[2]) / 1024);
}

static int return_number(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    return atoi(argv[2]);
}

static int exit_by_name(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    process_exit(atoi(argv[2]));
}

/// Looks at what its parent gave it.
static int see_grant(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    const struct capref cap = capref_make(TASKCN_SLOT_ROOTCN, ROOTCN_TASK, PROCESS_SLOT_GRANT);
    void *page;
    CHECK_OK(paging_map_frame_attr(get_current_paging_state(), &page, BASE_PAGE_SIZE, cap,
                                   VREGION_FLAGS_READ_WRITE));
    return *(int *)page;
}

/// Starts a child that waits for ever, and ends. \return its number
static int leave_orphan(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    return (int)start("crasher", "wait", NULL, NULL);
}

static bool is_refused(errval_t err)
{
    return err_no(err) == PROC_ERR_NOT_ALLOWED;
}

/// Somebody else must not be ended; a child, a child's child, and oneself may.
static int try_kill(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    struct process_end end;
    CHECK(is_refused(process_kill((domainid_t)atoi(argv[2]))));
    domainid_t child = start("crasher", "spin", NULL, NULL);
    CHECK_OK(process_kill(child));
    CHECK_OK(process_wait(child, &end));
    CHECK(end.reason == PROCESS_KILLED);
    process_kill(disp_get_domain_id());
    return EXIT_FAILURE;
}

/// Leaves an orphan in the allowance that its parent's parent gave.
static int be_middle(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    const struct process_options options = {.processes = 3};
    struct process_end end;
    domainid_t child = start(SELF, "orphan", NULL, &options);
    CHECK_OK(process_wait(child, &end));
    CHECK(end.reason == PROCESS_EXITED);
    CHECK_OK(process_kill((domainid_t)end.exit_code));
    return EXIT_SUCCESS;
}

/// \return how many more it could start
static int fill_allowance(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    const char *const wait[] = {"crasher", "wait", NULL};
    domainid_t pids[16];
    unsigned count = 0;
    while (count < ARRAY_LENGTH(pids) && err_is_ok(process_spawn(wait[0], wait, NULL, &pids[count]))) {
        count++;
    }
    for (unsigned i = 0; i < count; i++) {
        CHECK_OK(process_kill(pids[i]));
        CHECK_OK(process_wait(pids[i], NULL));
    }
    return (int)count;
}

/// More memory than it may have itself cannot be given.
static int try_quota(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    const char *const hello[] = {"hello", NULL};
    struct process_options options = {.ram_bytes = 1UL << 40};
    domainid_t pid;
    CHECK_ERR(process_spawn(hello[0], hello, &options, &pid), PROC_ERR_QUOTA);
    return EXIT_SUCCESS;
}

/// Starts processes and does not wait for them. \return how many it could start
static int leave_zombies(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)argv;
    (void)envp;
    const char *const role[] = {SELF, "return", "0", NULL};
    struct process_status status = {.state = PROCESS_RUNNING};
    domainid_t pid;
    int count = 0;
    while (err_is_ok(process_spawn(SELF, role, NULL, &pid))) {
        count++;
        while (status.state == PROCESS_RUNNING) {
            thread_sleep_us(1000);
            CHECK_OK(process_get_status(pid, &status));
        }
    }
    return count;
}

static int wait_for_ever(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    CHECK_OK(process_wait((domainid_t)atoi(argv[2]), NULL));
    return EXIT_SUCCESS;
}

/// \return instructions since the time that its parent says
static int count_since(int argc, char *argv[], char *envp[])
{
    (void)argc;
    (void)envp;
    return (int)(cycle_count() - strtoull(argv[2], NULL, 10));
}

static const struct {
    const char *name;
    int (*be)(int argc, char *argv[], char *envp[]);
} roles[] = {
    {"arguments", see_arguments}, {"environment", see_environment},
    {"length", see_length},       {"return", return_number},
    {"exit", exit_by_name},       {"grant", see_grant},
    {"orphan", leave_orphan},     {"kill", try_kill},
    {"middle", be_middle},        {"fill", fill_allowance},
    {"quota", try_quota},         {"zombies", leave_zombies},
    {"wait", wait_for_ever},      {"since", count_since},
};

int be_child(int argc, char *argv[], char *envp[])
{
    for (unsigned i = 0; argc > 1 && i < ARRAY_LENGTH(roles); i++) {
        if (strcmp(argv[1], roles[i].name) == 0) {
            return roles[i].be(argc, argv, envp);
        }
    }
    USER_PANIC("there is no role %s", argc > 1 ? argv[1] : "");
}
