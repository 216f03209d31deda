#include "messages.h"

#include <aos/cycles.h>
#include <rt/syscall.h>

#define FEW      4
#define MANY     240 ///< Several times as many as the dispatcher remembers news.
#define ATTEMPTS 32

static struct {
    struct lmp_endpoint *endpoint;
    struct capref cap;
    bool seen;
} ends[MANY];

static void make(unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        CHECK_OK(slot_alloc(&ends[i].cap));
        CHECK_OK(lmp_endpoint_create_in_slot(1, ends[i].cap, &ends[i].endpoint));
    }
}

static void send(unsigned i)
{
    CHECK_OK(sys_lmp(SYS_LMP | 1 << LMP_COUNT_SHIFT, get_cap_addr(ends[i].cap), i, 0, 0, 0, 0, 0, 0, 0).err);
}

static void check_nothing_left(void)
{
    struct lmp_message m;
    uint32_t seen;
    CHECK(!lmp_endpoints_take_any(&m, &seen));
}

/// Waits for any, without sending.
static struct lmp_message wait(void)
{
    struct lmp_chan nobody = {.endpoint = a.endpoint};
    lmp_chan_set_remote(&nobody, NULL_CAP);
    return lmp_chan_reply_wait(&nobody, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

/// Takes the messages of the first `count`, each once, in whatever order.
static void take(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct lmp_message m = wait();
        CHECK_OK(m.err);
        CHECK(m.w0 < count && !ends[m.w0].seen);
        CHECK(lmp_header_endpoint(m.header) == ends[m.w0].endpoint->offset);
        ends[m.w0].seen = true;
    }
    for (unsigned i = 0; i < count; i++) {
        CHECK(ends[i].seen);
        ends[i].seen = false;
    }
}

/// Several messages stand in rings: the next wait in the kernel does not sleep over them.
static void test_none_is_left_behind(void)
{
    for (unsigned count = 1; count <= FEW; count++) {
        for (unsigned i = 0; i < count; i++) {
            send(i);
        }
        take(count);
        check_nothing_left();
    }
}

/// More news than are remembered, and more come on the way.
static void test_more_than_are_remembered(void)
{
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            send((i * 7) % MANY);
        }
        take(MANY);
        check_nothing_left();
    }
    for (unsigned i = 0; i < MANY; i++) {
        send(i);
    }
    for (unsigned i = 0; i < 5 * MANY; i++) {
        struct lmp_message m = wait();
        CHECK_OK(m.err);
        send((unsigned)m.w0);
    }
    take(MANY);
    check_nothing_left();
}

/// What is kept from those who wait for any is theirs when it is not kept any more.
static void test_private(void)
{
    struct lmp_message m;
    lmp_endpoint_set_private(ends[1].endpoint, true);
    send(1);
    send(0);
    m = wait();
    CHECK(m.w0 == 0);
    check_nothing_left();
    lmp_endpoint_set_private(ends[1].endpoint, false);
    m = wait();
    CHECK(err_is_ok(m.err) && m.w0 == 1);
    send(2);
    m = wait();
    CHECK(lmp_endpoint_put_back(&m));
    m = wait();
    CHECK(err_is_ok(m.err) && m.w0 == 2);
    check_nothing_left();
}

/// Endpoints that go while they have news take these along.
static void test_freed_with_news(void)
{
    for (unsigned i = 0; i < MANY; i++) {
        send(i);
    }
    struct lmp_message m = wait(); // a look at all has begun
    CHECK_OK(m.err);
    for (unsigned i = FEW; i < MANY; i++) {
        CHECK_OK(cap_delete(ends[i].cap));
        lmp_endpoint_free(ends[i].endpoint);
        CHECK_OK(slot_free(ends[i].cap));
    }
    uint32_t seen;
    unsigned left = 0;
    while (lmp_endpoints_take_any(&m, &seen)) {
        CHECK(m.w0 < FEW);
        left++;
    }
    CHECK(left <= FEW);
}

/// What taking one message of any costs: the least of some attempts, since others may run in between.
static uint64_t cost_of_one(void)
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        struct lmp_message m;
        uint32_t seen;
        send(i % FEW);
        const uint64_t begin = cycle_count();
        CHECK(lmp_endpoints_take_any(&m, &seen));
        const uint64_t cost = cycle_count() - begin;
        least = cost < least ? cost : least;
    }
    return least;
}

void test_news(void)
{
    make(0, FEW);
    test_none_is_left_behind();
    const uint64_t few = cost_of_one();
    make(FEW, MANY);
    const uint64_t many = cost_of_one();
    CHECK(many < few + few / 4 + 10);
    test_more_than_are_remembered();
    test_private();
    test_freed_with_news();
    for (unsigned i = 0; i < FEW; i++) {
        CHECK_OK(cap_delete(ends[i].cap));
        lmp_endpoint_free(ends[i].endpoint);
        CHECK_OK(slot_free(ends[i].cap));
    }
}
