/**
 * A member: calls of several shapes to the services of all cores in random order. Each answer is right, or
 * the call says that the service is gone; then there will be another one.
 */
#include "crosscalls.h"

#include <interfaces/echo.h>
#include <stdio.h>

#define BYTES_MAX 6000
#define PAUSE_US  200
#define TRIES     5000 ///< To connect; a service is away for a moment when it was killed.

static struct rpc_client *channels[CORES_MAX];
static uint32_t random_state;

static bool has_error(errval_t err, errval_t expected)
{
    while (err && err_no(err) != expected) {
        err = err_pop(err);
    }
    return err != SYS_ERR_OK;
}

static struct rpc_client *channel_to(unsigned core)
{
    char name[TEXT_BYTES];
    snprintf(name, sizeof(name), SERVICE, core);
    for (unsigned i = 0; i < TRIES && !channels[core]; i++) {
        errval_t err = rpc_connect_at(core, name, &echo_interface, &channels[core]);
        if (err_is_fail(err)) {
            channels[core] = NULL;
            CHECK(has_error(err, RPC_ERR_NO_SERVICE) || has_error(err, RPC_ERR_PEER_GONE));
            thread_sleep_us(PAUSE_US);
        }
    }
    CHECK(channels[core]);
    return channels[core];
}

static errval_t ask_bytes(struct rpc_client *echo)
{
    static uint8_t data[BYTES_MAX];
    void *back = NULL;
    size_t bytes = 1 + below(&random_state, BYTES_MAX), back_bytes = 0;
    const uint8_t mark = (uint8_t)below(&random_state, 256);
    memset(data, mark, bytes);
    data[bytes / 2] = (uint8_t)~mark;
    errval_t err = echo_bytes(echo, data, bytes, &back, &back_bytes);
    if (err_is_ok(err)) {
        CHECK(back_bytes == bytes && memcmp(back, data, bytes) == 0);
        free(back);
    }
    return err;
}

static errval_t ask(struct rpc_client *echo)
{
    const uint64_t value = below(&random_state, UINT32_MAX);
    uint64_t answer = 0;
    errval_t err;
    switch (below(&random_state, 10)) {
    case 0:
        return ask_bytes(echo);
    case 1:
        err = echo_later(echo, 1, value, &answer);
        CHECK(err_is_fail(err) || answer == value);
        return err;
    case 2:
        err = echo_twelve(echo, value, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, &answer);
        CHECK(err_is_fail(err) || answer == value + 66);
        return err;
    default:
        err = echo_number(echo, value, &answer);
        CHECK(err_is_fail(err) || answer == 2 * value);
        return err;
    }
}

int be_member(int argc, char *argv[])
{
    const uint64_t running = argument_number(argc, argv, "cores", 0);
    const uint64_t calls = argument_number(argc, argv, "calls", 0);
    int right = 0;
    random_state = (uint32_t)argument_number(argc, argv, "seed", 0) * 2654435761U | 1;
    while ((uint64_t)right < calls) {
        const unsigned core = below(&random_state, CORES_MAX);
        if (!(running >> core & 1)) {
            continue;
        }
        errval_t err = ask(channel_to(core));
        if (err_is_ok(err)) {
            right++;
        } else {
            CHECK_ERR(err, RPC_ERR_PEER_GONE);
            rpc_disconnect(channels[core]);
            channels[core] = NULL;
        }
    }
    return CALLS_SHOWN + right;
}
