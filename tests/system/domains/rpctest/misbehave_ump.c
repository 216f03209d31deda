/**
 * Clients over UMP that put into the ring what is no message, promise what does not come, take no replies, or
 * write nonsense into the header of their half: they lose their session, and nobody else notices.
 */
#include "rpctest.h"

#include <rpc/ump_link.h>

#define MADNESS   200
#define SLOTS_MAX 40
#define UNREAD    400
#define LONG      200 ///< Bytes of a call that does not fit into a slot.

#define REQUEST(method)          ((uint64_t)RPC_REQUEST << RPC_KIND_SHIFT | (method))
#define HAS_BYTES(method, words) (REQUEST(method) | RPC_FLAG_BYTES | (uint64_t)(words) << RPC_WORDS_SHIFT)
#define STRING                   ECHO_STRING_NUMBER & 0xff

/// Slots that no client of the library sends; the header as in struct ump_message.
static const struct garbage {
    struct {
        uint32_t header;
        uint64_t w0, w1, w2;
    } slots[3];
    unsigned count;
} garbage[] = {
    {.slots = {{.header = UMP_HEADER(0, 0)}}, .count = 1},
    {.slots = {{.header = UMP_HEADER(1, 0), .w0 = UINT64_MAX}}, .count = 1},
    {.slots = {{.header = UMP_HEADER(7, 0), .w0 = UINT64_MAX, .w1 = UINT64_MAX, .w2 = UINT64_MAX}},
     .count = 1},
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = REQUEST(200)}}, .count = 1}, // no such method
    {.slots = {{.header = UMP_HEADER(1, 0), .w0 = REQUEST(0)}}, .count = 1},   // number, without its value
    {.slots = {{.header = UMP_HEADER(7, 0), .w0 = REQUEST(0)}}, .count = 1},   // number, with too many
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = RPC_ONEWAY << RPC_KIND_SHIFT}},
     .count = 1}, // number, as a note
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = RPC_REPLY << RPC_KIND_SHIFT}},
     .count = 1}, // a reply to nobody
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = RPC_OPEN << RPC_KIND_SHIFT}},
     .count = 1}, // these are for one core
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = RPC_PUSH << RPC_KIND_SHIFT, .w1 = 8UL << 32}},
     .count = 1},                                                                              //
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = RPC_PULL << RPC_KIND_SHIFT}}, .count = 1},   //
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = RPC_ATTACH << RPC_KIND_SHIFT}}, .count = 1}, //
    {.slots = {{.header = UMP_HEADER(2, 0), .w0 = 15UL << RPC_KIND_SHIFT}}, .count = 1},       // no kind
    {.slots = {{.header = UMP_HEADER(2, 0) | UMP_NOT_FIRST, .w0 = REQUEST(0), .w1 = 1}},
     .count = 1}, // the middle of nothing
    {.slots = {{.header = UMP_HEADER(2, 0) | UMP_NOT_LAST, .w0 = REQUEST(0), .w1 = 1}},
     .count = 1}, // several slots, and does not say it
    {.slots = {{.header = UMP_HEADER(2, 9), .w0 = REQUEST(0), .w1 = 1}},
     .count = 1}, // more words than there are
    {.slots = {{.header = UMP_HEADER(7, 2 | 5 << RPC_UMP_CAPS_SHIFT), .w0 = REQUEST(0)}},
     .count = 1}, // too many capabilities
    {.slots = {{.header = UMP_HEADER(3, 2 | 1 << RPC_UMP_CAPS_SHIFT), .w0 = REQUEST(0), .w1 = 1, .w2 = 77}},
     .count = 1},                                                     // a token that is none
    {.slots = {{.header = UMP_HEADER(0, RPC_UMP_VOID)}}, .count = 1}, // gives up what it has not begun
    {.slots = {{.header = UMP_HEADER(3, 3), .w0 = HAS_BYTES(STRING, 1), .w1 = LONG, .w2 = LONG}},
     .count = 1}, // bytes, but the last slot
    {.slots = {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = 0, .w2 = 0}},
     .count = 1}, // none
    {.slots =
         {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = UINT64_MAX, .w2 = 8}},
     .count = 1},
    {.slots = {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST,
                .w0 = HAS_BYTES(STRING, 1),
                .w1 = RPC_MAX_BYTES + 1,
                .w2 = 8}},
     .count = 1},
    {.slots = {{.header = UMP_HEADER(1, 1) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 0)}},
     .count = 1}, // without a length
    {.slots =
         {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = LONG, .w2 = LONG},
          {.header = UMP_HEADER(2, 0), .w0 = REQUEST(0), .w1 = 1}},
     .count = 2}, // another message in the middle
    {.slots =
         {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = LONG, .w2 = LONG},
          {.header = UMP_HEADER(6, 0) | UMP_NOT_FIRST}},
     .count = 2}, // an end too soon
    {.slots =
         {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = LONG, .w2 = LONG},
          {.header = UMP_HEADER(3, 0) | UMP_NOT_FIRST | UMP_NOT_LAST}},
     .count = 2}, // a slot that is not full
    {.slots =
         {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = LONG, .w2 = LONG},
          {.header = UMP_HEADER(0, RPC_UMP_VOID) | UMP_NOT_FIRST | UMP_NOT_LAST}},
     .count = 2}, // gives up, and goes on
    {.slots = {{.header = UMP_HEADER(3, 3) | UMP_NOT_LAST, .w0 = HAS_BYTES(STRING, 1), .w1 = 8, .w2 = 8},
               {.header = UMP_HEADER(1, 0) | UMP_NOT_FIRST}},
     .count = 2}, // a text without an end: only 0s, the first of which is not the last
};

static void send_garbage(struct rpc_client *steady)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(garbage); i++) {
        struct rpc_client *client = connect_to("patient");
        for (unsigned n = 0; n < garbage[i].count; n++) {
            CHECK(ump_chan_try_send(&client->ump->chan, garbage[i].slots[n].header, garbage[i].slots[n].w0,
                                    garbage[i].slots[n].w1, garbage[i].slots[n].w2, 0, 0, 0, 0));
        }
        check_cost(client, steady, i);
    }
}

/// A number with interesting places in it.
static uint64_t odd_number(uint32_t *random)
{
    const uint64_t low = below(random, UINT32_MAX);
    switch (below(random, 4)) {
    case 0:
        return REQUEST(low & 31);
    case 1:
        return HAS_BYTES(low & 31, low >> 16 & 3);
    case 2:
        return low & 0xfff;
    default:
        return low << 32 | below(random, UINT32_MAX);
    }
}

static uint32_t odd_header(uint32_t *random)
{
    uint32_t header = UMP_HEADER(below(random, 8), below(random, 3) == 0 ? below(random, 1 << 16) : 0);
    header |= below(random, 3) == 0 ? UMP_NOT_FIRST : 0;
    return header | (below(random, 3) == 0 ? UMP_NOT_LAST : 0);
}

/// The header line of our half, which the other side reads.
static void scribble(struct rpc_client *client, uint32_t *random)
{
    volatile uint32_t *line = (volatile uint32_t *)client->ump->chan.end.own;
    for (unsigned i = 0; i < UMP_LINE_BYTES / sizeof(*line); i++) {
        if (below(random, 3) == 0) {
            line[i] = below(random, 2) ? below(random, 10) : below(random, UINT32_MAX);
        }
    }
}

/// Random slots. Whether one of them is right by chance does not matter.
static void send_anything(struct rpc_client *steady)
{
    uint32_t random = seed * 7919 + 1;
    for (unsigned i = 0; i < MADNESS; i++) {
        struct rpc_client *client = connect_to("patient");
        for (unsigned n = below(&random, SLOTS_MAX); n > 0; n--) {
            ump_chan_try_send(&client->ump->chan, odd_header(&random), odd_number(&random),
                              odd_number(&random), odd_number(&random), odd_number(&random), 0, 0, 0);
            if (below(&random, 8) == 0) {
                scribble(client, &random);
            }
        }
        check_service(steady, i);
        rpc_disconnect(client);
    }
}

/// Calls whose replies nobody takes: they fill our ring, then what the session may keep, and then the service
/// loses its patience.
static void read_nothing(struct rpc_client *steady)
{
    struct rpc_client *client = connect_to("patient");
    struct ump_chan *chan = &client->ump->chan;
    const uint64_t header = rpc_header(RPC_REQUEST, ECHO_NUMBER_NUMBER, 1);
    for (unsigned i = 0; i < UNREAD && !__atomic_load_n(&chan->end.peer->closed, __ATOMIC_ACQUIRE); i++) {
        ump_chan_try_send(chan, UMP_HEADER(2, 0), header, i, 0, 0, 0, 0, 0);
        check_service(steady, i);
    }
    CHECK(__atomic_load_n(&chan->end.peer->closed, __ATOMIC_ACQUIRE));
    rpc_disconnect(client);
}

/// Calls that never end: each holds as much of the service's memory as it has promised to fill, and no more
/// than one is begun in a session.
static void promise_for_ever(struct rpc_client *steady)
{
    struct rpc_client *clients[4];
    for (unsigned i = 0; i < ARRAY_LENGTH(clients); i++) {
        clients[i] = connect_to("patient");
        CHECK(ump_chan_try_send(&clients[i]->ump->chan, UMP_HEADER(3, 3) | UMP_NOT_LAST, HAS_BYTES(STRING, 1),
                                0x100000, 0x100000, 0, 0, 0, 0));
        check_service(steady, i);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(clients); i++) {
        rpc_disconnect(clients[i]);
        check_service(steady, i);
    }
}

/// A call whose deadline comes while its bytes are on their way has no effect, and the channel stays.
static void give_up_in_the_middle(void)
{
    static uint8_t data[0x40000];
    struct rpc_client *client = connect_to("patient");
    void *back;
    size_t back_bytes;
    unsigned given_up = 0;
    for (unsigned i = 0; i < 40; i++) {
        rpc_set_deadline(clock_now_us() + 20 + 100 * i);
        errval_t err = echo_bytes(client, data, sizeof(data), &back, &back_bytes);
        CHECK(err_is_ok(err) || has_error(err, RPC_ERR_DEADLINE));
        given_up += err_is_fail(err);
        if (err_is_ok(err)) {
            free(back);
        }
        rpc_set_deadline(CLOCK_NEVER);
        check_service(client, i);
    }
    CHECK(given_up > 0);
    rpc_disconnect(client);
}

void misbehave_over_ump(struct rpc_client *steady)
{
    send_garbage(steady);
    send_anything(steady);
    read_nothing(steady);
    promise_for_ever(steady);
    give_up_in_the_middle();
    check_kernel();
}
