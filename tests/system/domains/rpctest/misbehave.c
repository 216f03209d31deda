/**
 * Clients that send what is no message, take no replies, or do not stop: they are cut off, and nobody else
 * notices.
 */
#include "rpctest.h"

#include <abi/syscall.h>
#include <interfaces/monitor.h>

#define MADNESS  300
#define UNREAD   64
#define FLOODERS 3
#define STEADY   2000
#define STEADY_UMP \
    40 ///< On one core nobody hands the core on with a message over UMP: each call takes some slices.
#define GIVEN 1000 ///< Several CNodes full.

static struct rpc_client *steady;

bool is_cut(struct rpc_client *client)
{
    uint64_t twice;
    errval_t err = echo_number(client, 4, &twice);
    CHECK(err_is_ok(err) ? twice == 8 : has_error(err, RPC_ERR_PEER_GONE));
    return err_is_fail(err);
}

void check_cost(struct rpc_client *client, struct rpc_client *other, unsigned number)
{
    check_service(other, number);
    if (!is_cut(client)) {
        USER_PANIC("garbage %u did not cost the session", number);
    }
    rpc_disconnect(client);
    check_service(other, number);
}

static void send(struct rpc_client *client, unsigned words, uint64_t w0, uint64_t w1, uint64_t w2)
{
    errval_t err = lmp_chan_send(&client->chan, 0, NULL_CAP, words, w0, w1, w2, 0, 0, 0, 0, 0);
    CHECK(err_is_ok(err) || lmp_err_is_transient(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND
          || err_no(err) == SYS_ERR_LMP_NO_TARGET);
}

/// What no client of the library sends.
static const struct garbage {
    unsigned words;
    uint64_t w0, w1, w2;
} garbage[] = {
    {.words = 0},
    {.words = 1},
    {.words = 1, .w0 = UINT64_MAX},
    {.words = 8, .w0 = UINT64_MAX, .w1 = UINT64_MAX, .w2 = UINT64_MAX},
    {.words = 2, .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 200},             // no such method
    {.words = 1, .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 0},               // number, without its value
    {.words = 8, .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 0},               // number, with too many
    {.words = 2, .w0 = RPC_ONEWAY << RPC_KIND_SHIFT | 0},                // number, as a note
    {.words = 2, .w0 = RPC_REPLY << RPC_KIND_SHIFT | 0},                 // a reply to nobody
    {.words = 2, .w0 = RPC_OPEN << RPC_KIND_SHIFT},                      // open already
    {.words = 1, .w0 = RPC_PUSH << RPC_KIND_SHIFT},                      // without a place
    {.words = 2, .w0 = RPC_PUSH << RPC_KIND_SHIFT, .w1 = UINT64_MAX},    // far too much
    {.words = 2, .w0 = RPC_PUSH << RPC_KIND_SHIFT, .w1 = 8UL << 32 | 8}, // behind the end
    {.words = 2, .w0 = RPC_PULL << RPC_KIND_SHIFT, .w1 = 0},             // of nothing
    {.words = 2, .w0 = 15UL << RPC_KIND_SHIFT},                          // no kind
    {.words = 2, .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 2 | 16UL << RPC_WORDS_SHIFT, .w1 = UINT64_MAX},
    {.words = 3,
     .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 2 | 1UL << RPC_WORDS_SHIFT,
     .w1 = 1UL << 40,
     .w2 = 'x'},
    {.words = 3,
     .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 2 | 1UL << RPC_WORDS_SHIFT,
     .w1 = 2,
     .w2 = 0}, // two 0s
    {.words = 3,
     .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 2 | 1UL << RPC_WORDS_SHIFT,
     .w1 = 1,
     .w2 = 'x'}, // none
    {.words = 3,
     .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 2 | RPC_FLAG_BYTES | 1UL << RPC_WORDS_SHIFT,
     .w1 = 100},
    {.words = 3,
     .w0 = RPC_REQUEST << RPC_KIND_SHIFT | 2 | RPC_FLAG_BYTES | RPC_FLAG_RIDES | 1UL << RPC_WORDS_SHIFT,
     .w1 = 100,
     .w2 = 100},
};

static void send_garbage(void)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(garbage); i++) {
        struct rpc_client *client = connect_to("patient");
        send(client, garbage[i].words, garbage[i].w0, garbage[i].w1, garbage[i].w2);
        check_cost(client, steady, i);
    }
}

/// A number with interesting places in it.
static uint64_t odd_number(uint32_t *random)
{
    const uint64_t low = below(random, UINT32_MAX);
    switch (below(random, 4)) {
    case 0:
        return low & 0xff;
    case 1:
        return (low & 0x1ff) << RPC_KIND_SHIFT | (low >> 16 & 0x1f);
    case 2:
        return low;
    default:
        return low << 32 | below(random, UINT32_MAX);
    }
}

/// Random messages, some of them with capabilities. Whether one of them is right by chance does not matter.
static void send_anything(void)
{
    uint32_t random = seed * 7919 + 1;
    for (unsigned i = 0; i < MADNESS; i++) {
        struct rpc_client *client = connect_to("patient");
        for (unsigned n = below(&random, 6); n > 0; n--) {
            const struct capref cap = below(&random, 3) == 0 ? cap_selfep : NULL_CAP;
            lmp_chan_send(&client->chan, 0, cap, capref_is_null(cap) ? below(&random, 9) : below(&random, 5),
                          odd_number(&random), odd_number(&random), odd_number(&random), odd_number(&random),
                          0, 0, 0, 0);
        }
        check_service(steady, i);
        rpc_disconnect(client);
    }
}

/// Calls whose replies nobody takes: they fill our ring, and then the service loses its patience.
static void read_nothing(void)
{
    struct rpc_client *client = connect_to("patient");
    const uint64_t header = rpc_header(RPC_REQUEST, ECHO_NUMBER_NUMBER, 1);
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < UNREAD && (err_is_ok(err) || lmp_err_is_transient(err)); i++) {
        err = lmp_chan_send(&client->chan, 0, NULL_CAP, 2, header, i, 0, 0, 0, 0, 0, 0);
        check_service(steady, i);
    }
    CHECK(err_no(err) == SYS_ERR_CAP_NOT_FOUND || err_no(err) == SYS_ERR_LMP_NO_TARGET);
    rpc_disconnect(client);
}

_Noreturn void flood(const char *service)
{
    struct rpc_client *echo = connect_to(service);
    for (uint64_t i = 0;; i++) {
        echo_note(echo, i);
    }
}

static void stand_floods(void)
{
    uint32_t flooders[FLOODERS];
    for (unsigned i = 0; i < FLOODERS; i++) {
        flooders[i] = helper_start("role=flood service=patient");
    }
    for (unsigned i = 0; i < (over_ump ? STEADY_UMP : STEADY); i++) {
        check_service(steady, i);
    }
    for (unsigned i = 0; i < FLOODERS; i++) {
        domain_kill(flooders[i]);
        domain_wait(flooders[i]);
        check_service(steady, i);
    }
}

/// Gives init capabilities that nobody asked for, and takes them away before it has looked.
static void give_and_revoke(void)
{
    struct rpc_client *monitor;
    struct capref frame, copy;
    uint64_t before = 0;
    CHECK_OK(rpc_init_channel(&monitor));
    CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < GIVEN; i++) {
            CHECK_OK(slot_alloc(&copy));
            CHECK_OK(cap_copy(copy, frame));
            while (err_no(monitor_connected(monitor, UINT64_MAX - i, copy)) == RPC_ERR_BUSY) {
                free_memory(); // init answers when it has taken all that came before
            }
            CHECK_OK(cap_revoke(frame));
        }
        const uint64_t now = used_slots();
        CHECK(round == 0 || now == before); // none was lost
        before = now;
    }
    CHECK_OK(ram_free(frame));
}

void test_misbehaviour(void)
{
    uint32_t server = server_start("patient");
    steady = connect_to("patient");
    if (over_ump) {
        misbehave_over_ump(steady);
    } else {
        send_garbage();
        send_anything();
        read_nothing();
        check_kernel();
        give_and_revoke();
    }
    stand_floods();
    check_kernel();
    rpc_disconnect(steady);
    domain_kill(server);
    domain_wait(server);
}
