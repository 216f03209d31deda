#include "memserver.h"

#include <aos/process.h>

#define EATERS      3
#define KILLS       12
#define EATER_QUOTA 0x600000UL
#define EATER_LEAST "5" ///< MiB that it has to get of that, and of what it starts with.

static domainid_t start_eater(void)
{
    static const char *const argv[] = {"memeater", EATER_LEAST, NULL};
    const struct process_options options = {.ram_bytes = EATER_QUOTA};
    domainid_t pid;
    CHECK_OK(process_spawn("memeater", argv, &options, &pid));
    return pid;
}

/// We have what we ask for, whatever others do.
static void use_server(struct rpc_client *client)
{
    struct capref ram;
    struct capability_info info;
    uint64_t bytes;
    CHECK_OK(mem_get_ram(client, (1 + next_random() % 1000) * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram, &bytes));
    CHECK_OK(cap_identify(ram, &info));
    CHECK_OK(mem_free_ram(client, info.base, bytes));
    CHECK_OK(slot_free(ram));
}

/// All that others may have when nobody else is there: what the process server has borrowed is not free, and
/// not lost.
static uint64_t free_bytes(struct rpc_client *client)
{
    struct process_usage usage;
    CHECK_OK(process_get_usage(&usage));
    return status_of(client).free + usage.borrowed_bytes;
}

static void run_eaters(struct rpc_client *client)
{
    domainid_t pids[EATERS];
    for (unsigned i = 0; i < EATERS; i++) {
        pids[i] = start_eater();
        use_server(client);
    }
    for (unsigned i = 0; i < EATERS; i++) {
        struct process_end end;
        use_server(client);
        CHECK_OK(process_wait(pids[i], &end));
        CHECK(end.reason == PROCESS_EXITED && end.exit_code == 0);
    }
}

/// At any time, with whatever they have then.
static void kill_eaters(struct rpc_client *client)
{
    for (unsigned i = 0; i < KILLS; i++) {
        domainid_t pid = start_eater();
        struct process_end end;
        for (unsigned uses = next_random() % 200; uses > 0; uses--) {
            use_server(client);
            thread_yield();
        }
        errval_t err = process_kill(pid);
        CHECK_OK(process_wait(pid, &end));
        CHECK(end.reason == (err_is_ok(err) ? PROCESS_KILLED : PROCESS_EXITED));
    }
}

void try_others(struct rpc_client *client)
{
    run_eaters(client); // what is made once is made now
    const uint64_t free_before = free_bytes(client), sessions_before = status_of(client).sessions;
    for (unsigned round = 0; round < 2; round++) {
        run_eaters(client);
        kill_eaters(client);
    }
    CHECK(free_bytes(client) == free_before);
    CHECK(status_of(client).sessions == sessions_before);
}
