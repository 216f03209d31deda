/**
 * The domain `scaler`: a worker of the suite `scaling`, one on each core.
 */
#include <aos/aos.h>
#include <aos/process.h>
#include <aos/rpc_server.h>
#include <aos/ump.h>
#include <harness/must.h>
#include <interfaces/control_server.h>
#include <interfaces/echo.h>
#include <interfaces/mem.h>
#include <interfaces/monitor.h>
#include <scaling/protocol.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_US    200
#define PIECES      12
#define PIECE_BYTES 0x200000UL
#define SPINS_US    200 ///< Before the beginning: till then others run, or nobody.

static struct rpc_client *init;
static struct ump_chan chans[CORES_MAX];
static unsigned connected, expected; ///< Channels with workers of lower and higher cores.
static volatile bool all_came;

static void add_channel(struct capref frame, unsigned side, struct capref wake, uint32_t number)
{
    void *memory;
    must(paging_map_frame_attr(get_current_paging_state(), &memory, SCALING_FRAME, frame,
                               VREGION_FLAGS_READ_WRITE),
         "mapping a channel");
    must(ump_chan_init(&chans[connected++], memory, SCALING_FRAME, side, wake, ump_chan_number(number)),
         "a channel");
}

/// A worker of a higher core.
static errval_t connect_ump(struct rpc_session *session, uint64_t request, uint32_t pid, uint64_t quota,
                            uint32_t rights, uint32_t channel, uint32_t side, uint32_t core,
                            struct capref frame, struct capref wake)
{
    (void)session;
    (void)pid;
    (void)quota;
    (void)rights;
    (void)core;
    add_channel(frame, side, wake, channel);
    all_came = connected == expected;
    return monitor_connected_ump(init, request);
}

static const struct control_operations operations = {.connect_ump = connect_ump};
static const struct rpc_service control = {.skeleton = &control_skeleton, .operations = &operations};

/// To the worker of a lower core, which may not be there yet.
static void bind_to(coreid_t core)
{
    uint32_t channel, side, peer_core;
    struct capref frame, wake;
    errval_t err;
    while (err_no(err = monitor_bind_ump(init, core, SCALING_SERVICE, SCALING_HASH, SCALING_FRAME, &channel,
                                         &side, &peer_core, &frame, &wake))
           == RPC_ERR_NO_SERVICE) {
        thread_sleep_us(TRIES_US);
    }
    must(err, "binding to another worker");
    add_channel(frame, side, wake, channel);
}

static void wait_for(uint64_t begin)
{
    if (clock_ticks() > begin) {
        USER_PANIC("not ready in time");
    }
    const uint64_t us = (begin - clock_ticks()) / clock_ticks_of_us(1);
    if (us > SPINS_US) {
        thread_sleep_us(us - SPINS_US);
    }
    while (clock_ticks() < begin) {
        __asm__ volatile("yield");
    }
}

/// All to all: each sends as fast as the others take.
static uint32_t run_pairs(unsigned cores, uint64_t begin, uint64_t end)
{
    struct rpc_session *session;
    struct capref linked;
    struct ump_message m;
    uint32_t received = 0;
    expected = cores - 1;
    must(rpc_session_create(&control, 0, 0, NULL_CAP, &session, &linked), "a session");
    for (unsigned core = 0; core < disp_get_core_id(); core++) {
        bind_to(core);
    }
    must(monitor_serve(init, SCALING_SERVICE, SCALING_HASH, linked), "offering");
    all_came = connected == expected;
    if (!all_came) {
        rpc_serve_until(&all_came);
    }
    wait_for(begin);
    while (clock_ticks() < end) {
        bool any = false;
        for (unsigned i = 0; i < connected; i++) {
            any |= ump_chan_try_send(&chans[i], UMP_HEADER(7, 0), received, i, 2, 3, 4, 5, 6);
            if (ump_chan_try_recv(&chans[i], &m)) {
                received++;
                any = true;
            }
        }
        if (!any) {
            __asm__ volatile("yield");
        }
    }
    return received;
}

static uint32_t run_client(uint64_t begin, uint64_t end)
{
    struct rpc_client *server;
    uint32_t calls = 0;
    errval_t err;
    while (err_is_fail(err = rpc_connect_at(0, echo_interface.name, &echo_interface, &server))) {
        thread_sleep_us(TRIES_US);
    }
    wait_for(begin);
    while (clock_ticks() < end) {
        uint64_t answer;
        must(echo_number(server, calls, &answer), "calling");
        calls++;
    }
    return calls;
}

/// More than a core has at first, in pieces, and back again.
static uint32_t run_memory(uint64_t begin, uint64_t end)
{
    struct rpc_client *server;
    uint64_t base[PIECES];
    uint32_t calls = 0;
    must(rpc_connect(mem_interface.name, &mem_interface, &server), "connecting");
    wait_for(begin);
    while (clock_ticks() < end) {
        for (unsigned i = 0; i < PIECES; i++) {
            struct capref ram;
            struct capability_info info;
            uint64_t bytes;
            must(mem_get_ram(server, PIECE_BYTES, BASE_PAGE_SIZE, &ram, &bytes), "taking memory");
            must(cap_identify(ram, &info), "looking at it");
            must(cap_destroy(ram), "deleting it");
            base[i] = info.base;
        }
        for (unsigned i = 0; i < PIECES; i++) {
            must(mem_free_ram(server, base[i], PIECE_BYTES), "giving memory back");
        }
        calls += 2 * PIECES;
    }
    return calls;
}

int main(int argc, char *argv[])
{
    if (argc != 5) {
        USER_PANIC("usage: scaler ROLE CORES BEGIN END");
    }
    const unsigned cores = (unsigned)strtoul(argv[2], NULL, 10);
    const uint64_t begin = strtoul(argv[3], NULL, 10), end = strtoul(argv[4], NULL, 10);
    must(rpc_init_channel(&init), "init");
    uint32_t (*role)(uint64_t begin, uint64_t end) =
        strcmp(argv[1], SCALING_MEMORY) == 0 ? run_memory : run_client;
    return SCALING_GOOD
           | (int)(strcmp(argv[1], SCALING_PAIRS) == 0 ? run_pairs(cores, begin, end) : role(begin, end));
}
