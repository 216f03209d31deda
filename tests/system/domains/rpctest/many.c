/**
 * Several threads over one channel, replies that come later, and deadlines.
 */
#include "rpctest.h"

#define CALLERS       16
#define CALLS         60
#define LONGEST_BYTES 20000
#define DEADLINES     40

struct caller {
    struct rpc_client *echo;
    uint32_t number;
    uint32_t random;
    struct thread *thread;
};

static void call_bytes(struct caller *caller)
{
    const size_t bytes = below(&caller->random, LONGEST_BYTES);
    uint8_t *data = malloc(bytes + 1);
    void *got = NULL;
    size_t got_bytes = 0;
    CHECK(data);
    memset(data, (int)caller->number, bytes);
    for (size_t i = 0; i < bytes; i += 97) {
        data[i] = (uint8_t)below(&caller->random, 256);
    }
    CHECK_OK(echo_bytes(caller->echo, data, bytes, &got, &got_bytes));
    CHECK(got_bytes == bytes && (bytes == 0 || memcmp(got, data, bytes) == 0));
    free(got);
    free(data);
}

static void call_caps(struct caller *caller)
{
    struct capref frames[2], got[2];
    struct capability_info info[2], now[2];
    for (unsigned i = 0; i < 2; i++) {
        CHECK_OK(frame_alloc(&frames[i], BASE_PAGE_SIZE, NULL));
        CHECK_OK(cap_identify(frames[i], &info[i]));
    }
    CHECK_OK(echo_pass_two(caller->echo, frames[0], frames[1], &got[0], &got[1]));
    for (unsigned i = 0; i < 2; i++) {
        CHECK_OK(cap_identify(got[i], &now[i]));
        CHECK(now[i].base == info[i].base);
        CHECK_OK(ram_free(got[i]));
    }
}

static void call_later(struct caller *caller)
{
    uint64_t same = 0, value = (uint64_t)caller->number << 32 | below(&caller->random, 1 << 20);
    CHECK_OK(echo_later(caller->echo, below(&caller->random, 3), value, &same));
    CHECK(same == value);
}

static int call_at_random(void *argument)
{
    struct caller *caller = argument;
    for (unsigned i = 0; i < CALLS; i++) {
        switch (below(&caller->random, 8)) {
        case 0:
        case 1:
            call_bytes(caller);
            break;
        case 2:
            if (server_core < 0) {
                call_caps(caller);
            }
            break;
        case 3:
            call_later(caller);
            break;
        default:
            check_service(caller->echo, (uint64_t)caller->number << 32 | i);
        }
    }
    return 0;
}

static void run_callers(struct rpc_client *echo, int (*function)(void *))
{
    static struct caller callers[CALLERS];
    for (uint32_t i = 0; i < CALLERS; i++) {
        callers[i] =
            (struct caller){.echo = echo, .number = i, .random = (seed * CALLERS + i) * 2654435761U | 1};
        CHECK_OK(thread_create(function, &callers[i], &callers[i].thread));
    }
    for (uint32_t i = 0; i < CALLERS; i++) {
        CHECK_OK(thread_join(callers[i].thread, NULL));
    }
}

void test_threads(void)
{
    uint32_t server = server_start("threads");
    struct rpc_client *echo = connect_to("threads");
    run_callers(echo, call_at_random);
    check_service(echo, 5);
    rpc_disconnect(echo);
    domain_kill(server);
    domain_wait(server);
}

static unsigned order[CALLERS], answered;

/// The later a thread has called the earlier it is answered.
static int call_in_reverse(void *argument)
{
    struct caller *caller = argument;
    uint64_t same = 0;
    CHECK_OK(echo_later(caller->echo, 20 + 4 * (CALLERS - caller->number), caller->number, &same));
    CHECK(same == caller->number);
    order[answered++] = caller->number;
    return 0;
}

static int ask_meanwhile(void *argument)
{
    struct rpc_client *echo = argument;
    uint64_t same, begin = clock_now_us();
    for (unsigned i = 0; i < 200; i++) {
        check_service(echo, i);
    }
    CHECK(clock_now_us() - begin < A_WHILE_US / 2); // nobody waits for those that are answered later
    CHECK_OK(echo_later(echo, 0, 1, &same));
    return 0;
}

void test_deferred(void)
{
    uint32_t server = server_start("later");
    struct rpc_client *echo = connect_to("later"), *other = connect_to("later");
    struct thread *thread;
    CHECK_OK(thread_create(ask_meanwhile, other, &thread));
    answered = 0;
    run_callers(echo, call_in_reverse);
    CHECK_OK(thread_join(thread, NULL));
    // No more than 8 calls of a channel are under way at once: the first of all is answered behind another.
    CHECK(answered == CALLERS && order[0] != 0);
    rpc_disconnect(echo);
    rpc_disconnect(other);
    domain_kill(server);
    domain_wait(server);
}

static int call_with_deadline(void *argument)
{
    struct caller *caller = argument;
    uint64_t same = 0;
    for (unsigned i = 0; i < 10; i++) {
        rpc_set_deadline(clock_now_us() + 2 * MILLISECOND_US);
        errval_t err = echo_later(caller->echo, caller->number % 2 ? 4 : 0, i, &same);
        CHECK(has_error(err, RPC_ERR_DEADLINE) || (err_is_ok(err) && same == i));
        rpc_set_deadline(CLOCK_NEVER);
        check_service(caller->echo, i);
    }
    return 0;
}

static void test_one_deadline(struct rpc_client *echo)
{
    void *got;
    size_t got_bytes;
    uint64_t same = 0, begin = clock_now_us();
    CHECK(rpc_set_deadline(begin + 2 * MILLISECOND_US) == CLOCK_NEVER);
    CHECK_ERR(echo_later(echo, 20, 1, &same), RPC_ERR_DEADLINE);
    uint64_t took = clock_now_us() - begin;
    CHECK(took >= 2 * MILLISECOND_US && took < 10 * MILLISECOND_US);
    CHECK_ERR(echo_number(echo, 1, &same), RPC_ERR_DEADLINE); // it has passed
    CHECK_ERR(echo_bytes(echo, "abc", 3, &got, &got_bytes), RPC_ERR_DEADLINE);
    CHECK(rpc_set_deadline(CLOCK_NEVER) == begin + 2 * MILLISECOND_US);
    check_service(echo, 7); // and the late reply is not taken for this one's
}

void test_deadlines(void)
{
    uint32_t server = server_start("deadlines");
    struct rpc_client *echo = connect_to("deadlines");
    uint64_t same = 0;
    for (unsigned i = 0; i < DEADLINES; i++) {
        test_one_deadline(echo);
    }
    thread_sleep_us(25 * MILLISECOND_US);
    rpc_set_deadline(clock_now_us() + A_WHILE_US);
    CHECK_OK(echo_later(echo, 1, 9, &same)); // one that is kept
    CHECK(same == 9);
    rpc_set_deadline(CLOCK_NEVER);
    run_callers(echo, call_with_deadline);
    check_service(echo, 8);
    rpc_disconnect(echo);
    domain_kill(server);
    domain_wait(server);
}
