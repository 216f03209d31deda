/**
 * Calls in circles between two domains: they come back, or return an error where it gets too deep.
 */
#include "rpctest.h"

#include <echo/service.h>

#define DEEP     8
#define TOO_DEEP 200
#define CIRCLERS 6
#define CIRCLES  10

static struct rpc_client *echo;

static errval_t circle(uint32_t depth)
{
    struct capref channel;
    uint64_t sum = 0;
    CHECK_OK(rpc_session_create(&echo_service, disp_get_domain_id(), 0, NULL_CAP, NULL, &channel));
    errval_t err = echo_nest(echo, depth, channel, &sum);
    CHECK(err_is_fail(err) || sum == (uint64_t)depth * (depth + 1) / 2);
    return err;
}

static int serve(void *unused)
{
    (void)unused;
    rpc_serve();
}

static int circle_again(void *argument)
{
    uint32_t random = seed * 31 + (uint32_t)(uintptr_t)argument;
    for (unsigned i = 0; i < CIRCLES; i++) {
        errval_t err = circle(1 + below(&random, DEEP));
        if (err_is_fail(err)) {
            CHECK_ERR(err, RPC_ERR_DEPTH);
        }
    }
    return 0;
}

void test_circles(void)
{
    uint32_t server = server_start("circles");
    struct thread *threads[CIRCLERS];
    echo = connect_to("circles");
    CHECK_OK(thread_create(serve, NULL, NULL));
    for (unsigned round = 0; round < 3; round++) {
        for (uint32_t depth = 0; depth <= DEEP; depth++) {
            CHECK_OK(circle(depth));
        }
        CHECK_ERR(circle(TOO_DEEP), RPC_ERR_DEPTH);
        check_service(echo, round);
    }
    for (uintptr_t i = 0; i < CIRCLERS; i++) {
        CHECK_OK(thread_create(circle_again, (void *)(i + 1), &threads[i]));
    }
    for (unsigned i = 0; i < CIRCLERS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    CHECK_OK(circle(DEEP));
    rpc_disconnect(echo);
    domain_kill(server);
    domain_wait(server);
}
