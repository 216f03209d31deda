/**
 * The process server, and the console.
 */
#include "swarm.h"

#include <stdio.h>

#define CODES 100

static void ask_name(struct member *member)
{
    char *name = NULL;
    CHECK_OK(process_get_name(disp_get_domain_id(), &name));
    CHECK(strcmp(name, SELF) == 0);
    free(name);
    member->calls++;
}

static void ask_own_status(struct member *member)
{
    struct process_status status;
    CHECK_OK(process_get_status(disp_get_domain_id(), &status));
    CHECK(status.state == PROCESS_RUNNING && status.parent != 0);
    member->calls++;
}

static void ask_pids(struct member *member)
{
    domainid_t *pids = NULL;
    size_t count = 0, own = 0;
    CHECK_OK(process_get_all_pids(&pids, &count));
    for (size_t i = 0; i < count; i++) {
        own += pids[i] == disp_get_domain_id();
    }
    CHECK(own == 1);
    free(pids);
    member->calls++;
}

static void ask_list(struct member *member)
{
    struct process_entry *entries = NULL;
    size_t count = 0, own = 0;
    CHECK_OK(process_list(&entries, &count));
    for (size_t i = 0; i < count; i++) {
        own += entries[i].pid == disp_get_domain_id() && strcmp(entries[i].name, SELF) == 0;
    }
    CHECK(own == 1);
    free(entries);
    member->calls++;
}

static void ask_nobody(struct member *member)
{
    struct process_status status;
    CHECK_ERR(process_get_status(0x7fffffff, &status), PROC_ERR_NO_PROCESS);
    CHECK_ERR(process_kill(0x7fffffff), PROC_ERR_NO_PROCESS);
    member->calls += 2;
}

/// A child, which ends with a code of ours.
static void have_child(struct member *member)
{
    char code[16];
    const int wanted = (int)below(member, CODES);
    struct process_end end;
    domainid_t pid;
    snprintf(code, sizeof(code), "code=%d", wanted);
    const char *const argv[] = {SELF, "role=brief", code, NULL};
    CHECK_OK(process_spawn(SELF, argv, NULL, &pid));
    CHECK_OK(process_wait(pid, &end));
    CHECK(end.reason == PROCESS_EXITED && end.exit_code == wanted);
    member->calls += 2;
}

void ask_proc(struct member *member)
{
    switch (below(member, 24)) {
    case 0:
        have_child(member);
        break;
    case 1:
    case 2:
        ask_list(member);
        break;
    case 3:
    case 4:
    case 5:
        ask_nobody(member);
        break;
    case 6:
    case 7:
    case 8:
        ask_pids(member);
        break;
    default:
        if (below(member, 2)) {
            ask_name(member);
        } else {
            ask_own_status(member);
        }
    }
}

/// A line that says how many this process has written: none may be missing, or come twice. (`./lantern soak`
/// and the test look.)
void ask_serial(struct member *member)
{
    static struct thread_mutex mutex;
    static unsigned lines;
    if (below(member, 8) != 0) {
        return; // the wire is slow
    }
    thread_mutex_lock(&mutex);
    printf("swarm member %u, process %u: line %u.\n", (unsigned)member->number,
           (unsigned)disp_get_domain_id(), ++lines);
    thread_mutex_unlock(&mutex);
    member->calls++;
}
