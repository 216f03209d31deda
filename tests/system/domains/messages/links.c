#include "messages.h"

#include <rt/syscall.h>

static struct lmp_chan chan;
static struct capref linked;

static errval_t send(struct capref to, uint64_t word)
{
    return sys_lmp(SYS_LMP | 1 << LMP_COUNT_SHIFT, get_cap_addr(to), word, 0, 0, 0, 0, 0, 0, 0).err;
}

static bool is_gone(errval_t err)
{
    return err == LIB_ERR_LMP_PEER_GONE;
}

/// A linked capability can be moved by a message, and by nothing be doubled.
static void test_moves_only(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct capref copy, got;
    CHECK_OK(lmp_chan_accept_linked(&chan, DEFAULT_LMP_BUF_WORDS, &linked));
    CHECK_OK(slot_alloc(&copy));
    CHECK_ERR(cap_copy(copy, linked), SYS_ERR_CAP_NOT_COPYABLE);
    CHECK_ERR(cap_mint(copy, linked, 0, 0), SYS_ERR_CAP_NOT_COPYABLE);
    CHECK_OK(slot_free(copy));
    CHECK_OK(lmp_chan_alloc_recv_slot(&a));
    CHECK_ERR(lmp_chan_send0(&b, 0, linked), SYS_ERR_CAP_NOT_COPYABLE);
    CHECK_OK(lmp_chan_send0(&b, LMP_FLAG_GIVE, linked));
    CHECK_OK(lmp_chan_recv(&a, &msg, &got));
    CHECK_OK(slot_free(linked));
    linked = got;
    CHECK(lmp_endpoint_gone(chan.endpoint) == 0);
    CHECK_OK(send(linked, 5));
}

/// It is heard of after what was sent with it, and by everybody who might wait.
static void test_gone(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    CHECK_OK(cap_destroy(linked));
    CHECK(lmp_endpoint_gone(chan.endpoint) == 1);
    CHECK_OK(lmp_chan_recv(&chan, &msg, NULL));
    CHECK(msg.words[0] == 5);
    CHECK(is_gone(lmp_chan_recv(&chan, &msg, NULL)));
    CHECK(is_gone(lmp_chan_wait(&chan, SYS_ERR_OK).err));
    CHECK(is_gone(lmp_chan_wait_until(&chan, SYS_ERR_OK, 1).err));
    lmp_chan_destroy(&chan);
}

/// One that waits for any is told once.
static void test_gone_for_any(void)
{
    struct lmp_message m;
    uint32_t seen;
    CHECK_OK(lmp_chan_accept_linked(&chan, DEFAULT_LMP_BUF_WORDS, &linked));
    CHECK_OK(send(linked, 6));
    CHECK_OK(cap_destroy(linked));
    m = lmp_chan_wait_any(SYS_ERR_OK);
    CHECK(err_is_ok(m.err) && m.w0 == 6);
    m = lmp_chan_wait_any(SYS_ERR_OK);
    CHECK(is_gone(m.err) && lmp_header_endpoint(m.header) == chan.endpoint->offset);
    CHECK(!lmp_endpoints_take_any(&m, &seen));
    lmp_chan_destroy(&chan);
}

static void count(unsigned *counter)
{
    (*counter)++;
}

static void test_gone_is_an_event(void)
{
    struct waitset ws;
    unsigned events = 0;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    waitset_init(&ws);
    CHECK_OK(lmp_chan_accept_linked(&chan, DEFAULT_LMP_BUF_WORDS, &linked));
    CHECK_OK(lmp_chan_register_recv(&chan, &ws, MKCLOSURE(count, &events)));
    CHECK_ERR(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CHECK_OK(cap_destroy(linked));
    CHECK_OK(event_dispatch(&ws));
    CHECK(events == 1 && is_gone(lmp_chan_recv(&chan, &msg, NULL)));
    // Known by now: it is no event any more.
    CHECK_OK(lmp_chan_register_recv(&chan, &ws, MKCLOSURE(count, &events)));
    CHECK_ERR(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    lmp_chan_destroy(&chan);
}

/// Two channels that send to each other: who ends his is heard of by the other, and cannot be sent to.
static void test_pair(void)
{
    struct lmp_chan other;
    struct capref to_other;
    CHECK_OK(lmp_chan_accept_linked(&chan, DEFAULT_LMP_BUF_WORDS, &linked));
    CHECK_OK(lmp_chan_accept_linked(&other, DEFAULT_LMP_BUF_WORDS, &to_other));
    lmp_chan_set_remote(&other, linked);
    lmp_chan_set_remote(&chan, to_other);
    CHECK_OK(lmp_chan_send1(&chan, 0, NULL_CAP, 1));
    lmp_chan_destroy(&other);
    CHECK(lmp_endpoint_gone(chan.endpoint) == 1);
    CHECK_ERR(lmp_chan_send1(&chan, 0, NULL_CAP, 1), SYS_ERR_CAP_NOT_FOUND);
    struct lmp_message m = lmp_chan_call(&chan, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    CHECK_ERR(m.err, SYS_ERR_CAP_NOT_FOUND);
    lmp_chan_destroy(&chan);
}

void test_links(void)
{
    test_moves_only();
    test_gone();
    test_gone_for_any();
    test_gone_is_an_event();
    test_pair();
}
