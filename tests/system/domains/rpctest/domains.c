#include "rpctest.h"

#include <abi/dispatcher.h>
#include <aos/process.h>
#include <interfaces/monitor.h>
#include <interfaces/test.h>
#include <stdio.h>

#define TEXT_BYTES    96
#define ARGUMENTS_MAX 6
#define LOOK_US       200 ///< Between two looks whether a service is there.

static struct rpc_client *init(void)
{
    static struct rpc_client *client;
    if (!client) {
        CHECK_OK(rpc_connect("test", &test_interface, &client));
    }
    return client;
}

bool has_error(errval_t err, errval_t expected)
{
    while (err && err_no(err) != expected) {
        err = err_pop(err);
    }
    return err != SYS_ERR_OK;
}

/// By the process server.
static uint32_t start(char *words, coreid_t core)
{
    const char *argv[ARGUMENTS_MAX + 1] = {NULL};
    unsigned count = 0;
    char *rest;
    for (char *word = strtok_r(words, " ", &rest); word && count < ARGUMENTS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        argv[count++] = word;
    }
    const struct process_options options = {.core = core, .ram_bytes = SERVER_RAM_BYTES};
    domainid_t pid;
    CHECK_OK(process_spawn(argv[0], argv, &options, &pid));
    return pid;
}

uint32_t server_start(const char *service)
{
    char arguments[TEXT_BYTES];
    uint32_t pid;
    snprintf(arguments, sizeof(arguments), "echo service=%s", service);
    if (server_core >= 0) {
        return start(arguments, (coreid_t)server_core);
    }
    CHECK_OK(test_start(init(), arguments, SERVER_RAM_BYTES, &pid));
    return pid;
}

uint32_t helper_start(const char *arguments)
{
    char all[3 * TEXT_BYTES];
    uint32_t pid;
    char how[TEXT_BYTES] = "";
    if (server_core >= 0) {
        snprintf(how, sizeof(how), " how=ump%d", server_core);
    } else if (over_ump) {
        snprintf(how, sizeof(how), " how=ump");
    }
    snprintf(all, sizeof(all), "rpctest %s%s", arguments, how);
    if (server_core >= 0) {
        return start(all, disp_get_core_id());
    }
    CHECK_OK(test_start(init(), all, HELPER_RAM_BYTES, &pid));
    return pid;
}

void domain_kill(uint32_t pid)
{
    if (server_core >= 0) {
        CHECK_OK(process_kill(pid));
    } else {
        CHECK_OK(test_kill(init(), pid));
    }
}

int domain_wait(uint32_t pid)
{
    uint32_t reason;
    uint64_t value;
    if (server_core >= 0) {
        struct process_end end;
        CHECK_OK(process_wait(pid, &end));
        return end.reason == PROCESS_FAULTED ? -1 : end.exit_code;
    }
    CHECK_OK(test_wait(init(), pid, &reason, &value));
    return reason == END_REASON_STOPPED ? (int)value : -1;
}

void check_kernel(void)
{
    if (disp_get_core_id() == 0) {
        CHECK_OK(test_check(init()));
    }
}

uint64_t used_slots(void)
{
    uint64_t slots = 0;
    CHECK_OK(test_used_slots(init(), &slots));
    return slots;
}

uint64_t free_memory(void)
{
    uint64_t bytes;
    CHECK_OK(test_free_memory(init(), &bytes));
    return bytes;
}

static errval_t connect(const char *service, struct rpc_client **client)
{
    return over_ump ? rpc_connect_ump(server_core < 0 ? MONITOR_ANY_CORE : (uint32_t)server_core, service,
                                      &echo_interface, client)
                    : rpc_connect(service, &echo_interface, client);
}

struct rpc_client *connect_to(const char *service)
{
    struct rpc_client *client;
    errval_t err;
    while (has_error(err = connect(service, &client), RPC_ERR_NO_SERVICE)) {
        thread_sleep_us(LOOK_US);
    }
    CHECK_OK(err);
    return client;
}

void check_service(struct rpc_client *client, uint64_t value)
{
    uint64_t twice = 0;
    CHECK_OK(echo_number(client, value, &twice));
    CHECK(twice == 2 * value);
}
