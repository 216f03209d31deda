/**
 * Services that end while calls are under way, and clients that do.
 */
#include "rpctest.h"

#define WAITERS 5
#define LIVES   6
#define DEATHS  12

static struct rpc_client *victim;
static volatile unsigned waiting;

static int wait_for_ever(void *unused)
{
    (void)unused;
    uint64_t same;
    waiting++;
    CHECK_ERR(echo_later(victim, 1000000, 1, &same), RPC_ERR_PEER_GONE);
    waiting--;
    return 0;
}

static void end_service(unsigned life)
{
    struct thread *threads[WAITERS];
    struct rpc_client *nobody;
    uint64_t twice;
    void *got;
    size_t got_bytes;
    uint32_t server = server_start("victim");
    victim = connect_to("victim");
    for (unsigned i = 0; i < WAITERS; i++) {
        CHECK_OK(thread_create(wait_for_ever, NULL, &threads[i]));
    }
    while (waiting < WAITERS) {
        thread_yield();
    }
    thread_sleep_us(life * 400);
    domain_kill(server);
    CHECK(domain_wait(server) >= 0);
    for (unsigned i = 0; i < WAITERS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    CHECK(waiting == 0);
    CHECK_ERR(echo_number(victim, 1, &twice), RPC_ERR_PEER_GONE);
    CHECK_ERR(echo_bytes(victim, "abc", 3, &got, &got_bytes), RPC_ERR_PEER_GONE);
    CHECK(err_is_fail(echo_note(victim, 1)));
    CHECK_ERR(rpc_connect("victim", &echo_interface, &nobody), RPC_ERR_NO_SERVICE);
    rpc_disconnect(victim);
}

/// The only thread of a domain hears of it too: it waits in the kernel.
_Noreturn void die_calling(const char *service)
{
    struct rpc_client *echo = connect_to(service);
    uint64_t same;
    struct capref frame, got;
    if (server_core < 0) {
        CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
        CHECK_OK(echo_pass_one(echo, frame, &got));
    }
    errval_t err = echo_later(echo, 1000000, 1, &same);
    exit(has_error(err, RPC_ERR_PEER_GONE) ? 7 : EXIT_FAILURE);
}

static void end_clients(void)
{
    uint32_t server = server_start("survivor"), clients[DEATHS];
    struct rpc_client *echo = connect_to("survivor");
    for (unsigned i = 0; i < DEATHS; i++) {
        clients[i] = helper_start("role=die service=survivor");
        check_service(echo, i);
    }
    for (unsigned i = 0; i < DEATHS / 2; i++) {
        thread_sleep_us(below(&seed, 3000));
        domain_kill(clients[i]);
        check_service(echo, i);
        CHECK(domain_wait(clients[i]) >= 0);
        check_service(echo, i);
    }
    thread_sleep_us(A_WHILE_US); // so that the others wait
    domain_kill(server);
    domain_wait(server);
    for (unsigned i = DEATHS / 2; i < DEATHS; i++) {
        CHECK(domain_wait(clients[i]) == 7);
    }
    rpc_disconnect(echo);
}

void test_ends(void)
{
    end_service(0);
    end_clients();
    const uint64_t before = server_core >= 0 ? 0 : free_memory();
    for (unsigned life = 0; life < LIVES; life++) {
        end_service(life);
    }
    end_clients();
    CHECK(server_core >= 0 || free_memory() == before);
}
