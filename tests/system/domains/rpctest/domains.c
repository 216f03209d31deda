#include "rpctest.h"

#include <abi/dispatcher.h>
#include <interfaces/monitor.h>
#include <interfaces/test.h>
#include <stdio.h>

#define TEXT_BYTES 96
#define LOOK_US    200 ///< Between two looks whether a service is there.

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

uint32_t server_start(const char *service)
{
    char arguments[TEXT_BYTES];
    uint32_t pid;
    snprintf(arguments, sizeof(arguments), "echo service=%s", service);
    CHECK_OK(test_start(init(), arguments, SERVER_RAM_BYTES, &pid));
    return pid;
}

uint32_t helper_start(const char *arguments)
{
    char all[TEXT_BYTES];
    uint32_t pid;
    snprintf(all, sizeof(all), "rpctest %s%s", arguments, over_ump ? " over=ump" : "");
    CHECK_OK(test_start(init(), all, HELPER_RAM_BYTES, &pid));
    return pid;
}

void domain_kill(uint32_t pid)
{
    CHECK_OK(test_kill(init(), pid));
}

int domain_wait(uint32_t pid)
{
    uint32_t reason;
    uint64_t value;
    CHECK_OK(test_wait(init(), pid, &reason, &value));
    return reason == END_REASON_STOPPED ? (int)value : -1;
}

void check_kernel(void)
{
    CHECK_OK(test_check(init()));
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
    return over_ump ? rpc_connect_ump(MONITOR_ANY_CORE, service, &echo_interface, client)
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
