#include "messages.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGES 8

struct lmp_chan a, b;

static void make_channels(void)
{
    CHECK_OK(lmp_chan_accept(&a, DEFAULT_LMP_BUF_WORDS, NULL_CAP));
    CHECK_OK(lmp_chan_accept(&b, DEFAULT_LMP_BUF_WORDS, a.local_cap));
    lmp_chan_set_remote(&a, b.local_cap);
}

/// A ring takes as many messages as it has slots, keeps their order, and goes on where it was.
static void test_ring(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    for (unsigned round = 0; round < 5; round++) {
        CHECK(!lmp_chan_can_recv(&a));
        CHECK_ERR(lmp_chan_recv(&a, &msg, NULL), LIB_ERR_NO_LMP_MSG);
        unsigned sent = round + MESSAGES / 2 > MESSAGES ? MESSAGES : round + MESSAGES / 2;
        for (unsigned i = 0; i < sent; i++) {
            CHECK_OK(lmp_chan_send8(&b, 0, NULL_CAP, i, 1, 2, 3, 4, 5, 6, ~0UL));
        }
        for (unsigned i = 0; i < sent; i++) {
            CHECK(lmp_chan_can_recv(&a));
            CHECK_OK(lmp_chan_recv(&a, &msg, NULL));
            CHECK(msg.buf.msglen == 8 && msg.words[0] == i && msg.words[1] == 1 && msg.words[7] == ~0UL);
        }
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        CHECK_OK(lmp_chan_send1(&b, 0, NULL_CAP, i));
    }
    errval_t err = lmp_chan_send1(&b, LMP_SEND_FLAGS_DEFAULT, NULL_CAP, 99);
    CHECK(err == SYS_ERR_LMP_BUF_OVERFLOW && lmp_err_is_transient(err));
    for (unsigned i = 0; i < MESSAGES; i++) {
        CHECK_OK(lmp_chan_recv(&a, &msg, NULL));
        CHECK(msg.buf.msglen == 1 && msg.words[0] == i);
    }
}

static void test_capabilities(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct capref frame, got, slot;
    struct capability_info sent, received;
    CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    CHECK_OK(cap_identify(frame, &sent));
    CHECK(lmp_err_is_transient(lmp_chan_send1(&b, 0, frame, 5)));
    CHECK_OK(lmp_chan_alloc_recv_slot(&a));
    slot = a.endpoint->recv_slots[0];
    CHECK_OK(lmp_chan_send2(&b, 0, frame, 5, 6));
    CHECK_ERR(lmp_chan_send1(&b, 0, frame, 7), SYS_ERR_LMP_CAP_NO_SLOT); // the slot is used up
    CHECK_OK(lmp_chan_recv(&a, &msg, &got));
    CHECK(capcmp(got, slot) && msg.words[1] == 6);
    CHECK_OK(cap_identify(got, &received));
    CHECK(received.type == ObjType_Frame && received.base == sent.base);
    CHECK_OK(cap_delete(got));
    // Giving it away leaves nothing behind; a receiver who does not want it loses it.
    lmp_chan_set_recv_slot(&a, got);
    CHECK_OK(lmp_chan_send0(&b, LMP_FLAG_GIVE, frame));
    CHECK(err_no(cap_identify(frame, &received)) == SYS_ERR_CAP_NOT_FOUND);
    CHECK_OK(lmp_chan_recv(&a, &msg, NULL));
    CHECK(err_no(cap_identify(got, &received)) == SYS_ERR_CAP_NOT_FOUND);
    CHECK(lmp_chan_recv_slots(&a) == 1);
    lmp_chan_set_recv_slot(&a, NULL_CAP);
    CHECK_OK(slot_free(got));
    CHECK_OK(slot_free(frame));
    CHECK_OK(ram_free_region(sent.base, sent.bytes));
}

/// What a call waits for may be there before it waits, or for another endpoint.
static void test_calls(void)
{
    CHECK_OK(lmp_chan_send1(&b, 0, NULL_CAP, 21)); // for a, so that a call on a finds its answer at once
    struct lmp_message m = lmp_chan_call(&a, 2, 1, 2, 0, 0, 0, 0, 0, 0);
    CHECK_OK(m.err);
    CHECK(m.w0 == 21 && lmp_header_words(m.header) == 1 && !lmp_header_has_cap(m.header));
    CHECK(lmp_header_endpoint(m.header) == a.endpoint->offset);
    m = lmp_chan_reply_wait(&b, 3, 4, 5, 6, 0, 0, 0, 0,
                            0); // either end: what was sent to b first, or this one to a
    CHECK_OK(m.err);
    uint32_t first = lmp_header_endpoint(m.header);
    m = lmp_chan_wait_any(SYS_ERR_OK);
    CHECK_OK(m.err);
    uint32_t second = lmp_header_endpoint(m.header);
    CHECK(first != second && (first == a.endpoint->offset || first == b.endpoint->offset));
    CHECK(second == a.endpoint->offset || second == b.endpoint->offset);

    struct lmp_chan nobody = {.endpoint = a.endpoint};
    lmp_chan_set_remote(&nobody, cap_selfep);
    m = lmp_chan_call(&nobody, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    CHECK(m.err == SYS_ERR_LMP_NO_TARGET);
}

static unsigned events_a, events_b;

static void count_event(unsigned *counter)
{
    (*counter)++;
}

static void test_waitset(void)
{
    struct waitset *ws = get_default_waitset();
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    CHECK(event_dispatch_non_block(ws) == LIB_ERR_NO_EVENT);
    CHECK(lmp_chan_deregister_recv(&a) == LIB_ERR_CHAN_NOT_REGISTERED);
    CHECK_OK(lmp_chan_register_recv(&a, ws, MKCLOSURE(count_event, &events_a)));
    CHECK(lmp_chan_register_recv(&a, ws, NOP_CLOSURE) == LIB_ERR_CHAN_ALREADY_REGISTERED);
    CHECK_OK(lmp_chan_register_recv(&b, ws, MKCLOSURE(count_event, &events_b)));
    CHECK(event_dispatch_non_block(ws) == LIB_ERR_NO_EVENT);
    CHECK_OK(lmp_chan_send0(&b, 0, NULL_CAP));
    CHECK_OK(lmp_chan_send0(&b, 0, NULL_CAP));
    CHECK_OK(lmp_chan_send0(&a, 0, NULL_CAP));
    CHECK_OK(event_dispatch(ws));
    CHECK_OK(event_dispatch(ws));
    CHECK(events_a == 1 && events_b == 1);
    CHECK(event_dispatch_non_block(ws) == LIB_ERR_NO_EVENT); // a has a message, but nobody asks for it
    CHECK_OK(lmp_chan_register_recv(&a, ws, MKCLOSURE(count_event, &events_a)));
    CHECK_OK(event_dispatch(ws));
    CHECK(events_a == 2);
    CHECK_OK(lmp_chan_register_recv(&a, ws, MKCLOSURE(count_event, &events_a)));
    CHECK_OK(lmp_chan_deregister_recv(&a));
    CHECK(event_dispatch_non_block(ws) == LIB_ERR_NO_EVENT);
    CHECK_OK(lmp_chan_recv(&a, &msg, NULL));
    CHECK_OK(lmp_chan_recv(&a, &msg, NULL));
    CHECK_OK(lmp_chan_recv(&b, &msg, NULL));
    CHECK_ERR(lmp_chan_recv(&a, &msg, NULL), LIB_ERR_NO_LMP_MSG);
}

/// Rings come back: many more channels one after the other than fit at the same time.
static void test_many_channels(void)
{
    static struct lmp_chan channels[256];
    unsigned fit = 0;
    while (fit < ARRAY_LENGTH(channels)
           && err_is_ok(lmp_chan_accept(&channels[fit], DEFAULT_LMP_BUF_WORDS, NULL_CAP))) {
        fit++;
    }
    CHECK(fit > 50 && fit < ARRAY_LENGTH(channels));
    CHECK_ERR(lmp_chan_accept(&channels[fit], DEFAULT_LMP_BUF_WORDS, NULL_CAP), LIB_ERR_LMP_ALLOC_NO_SPACE);
    for (unsigned i = 0; i < fit; i++) {
        lmp_chan_destroy(&channels[i]);
    }
    for (unsigned i = 0; i < 1000; i++) {
        CHECK_OK(lmp_chan_accept(&channels[0], DEFAULT_LMP_BUF_WORDS, NULL_CAP));
        lmp_chan_destroy(&channels[0]);
    }
}

int main(void)
{
    make_channels();
    test_ring();
    test_capabilities();
    test_calls();
    test_waitset();
    test_many_channels();
    test_attachments();
    test_links();
    test_news();
    test_deadlines();
    printf("messages: all checks hold\n");
    return EXIT_SUCCESS;
}
