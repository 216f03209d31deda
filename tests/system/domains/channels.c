/**
 * Channels in shared memory as init makes them, without anything that runs over them: both ends see the same
 * memory, capabilities go across by token, and all of it goes back to init.
 *
 * Arguments: calls=N, rounds.
 */
#include "arguments.h"
#include "check.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <aos/threads.h>
#include <interfaces/control_server.h>
#include <interfaces/monitor.h>
#include <interfaces/test.h>
#include <stdio.h>

#define DEFAULT_ROUNDS 20
#define SERVICE        "mirror"
#define HASH           4711
#define TOKENS_MAX     48 ///< services/init/exports.c
#define PATTERN        0x1234567890abcdefUL

static struct rpc_client *init, *tests;
static unsigned long rounds;
static bool refuses;

/// The last end that the service got.
static struct {
    uint32_t channel, side, rights;
    volatile uint64_t *memory;
    struct capref frame;
} served;

static volatile uint64_t *map(struct capref frame, size_t bytes)
{
    void *memory;
    CHECK_OK(
        paging_map_frame_attr(get_current_paging_state(), &memory, bytes, frame, VREGION_FLAGS_READ_WRITE));
    return memory;
}

static errval_t connect_ump(struct rpc_session *session, uint64_t request, uint32_t pid, uint64_t quota,
                            uint32_t rights, uint32_t channel, uint32_t side, uint32_t core,
                            struct capref frame, struct capref wake)
{
    (void)session;
    (void)quota;
    CHECK(pid == disp_get_domain_id() && core == disp_get_core_id() && side == 1);
    CHECK_OK(cap_destroy(wake));
    if (refuses) {
        CHECK_OK(cap_destroy(frame));
        CHECK_OK(monitor_refused(init, request, MEM_ERR_QUOTA));
        return SYS_ERR_OK;
    }
    served.channel = channel;
    served.rights = rights;
    served.frame = frame;
    served.memory = map(frame, BASE_PAGE_SIZE);
    CHECK_OK(monitor_connected_ump(init, request));
    return SYS_ERR_OK;
}

static const struct control_operations operations = {.connect_ump = connect_ump};
static const struct rpc_service control = {.skeleton = &control_skeleton, .operations = &operations};

/// The service leaves its end.
static void leave_served(void)
{
    CHECK_OK(paging_unmap(get_current_paging_state(), (void *)served.memory));
    CHECK_OK(cap_destroy(served.frame));
    CHECK_OK(monitor_leave_channel(init, served.channel));
}

static void send_capabilities(uint32_t channel)
{
    struct capref page, came;
    uint64_t token;
    struct capability_info sent, got;
    CHECK_OK(frame_alloc(&page, BASE_PAGE_SIZE, NULL));
    CHECK_OK(cap_identify(page, &sent));
    CHECK_OK(monitor_send_cap(init, channel, page, &token));
    CHECK_ERR(monitor_take_cap(init, channel, token, &came), MON_ERR_TOKENS); // it is for the other side
    CHECK_OK(monitor_take_cap(init, served.channel, token, &came));
    CHECK_ERR(monitor_take_cap(init, served.channel, token, &page), MON_ERR_TOKENS);
    CHECK_OK(cap_identify(came, &got));
    CHECK(got.type == sent.type && got.base == sent.base && got.bytes == sent.bytes);
    CHECK_OK(ram_free(came));
    for (unsigned i = 0; i <= TOKENS_MAX; i++) {
        struct capref copy;
        CHECK_OK(slot_alloc(&copy));
        CHECK_OK(cap_copy(copy, cap_selfep));
        errval_t err = monitor_send_cap(init, channel, copy, &token);
        CHECK(i < TOKENS_MAX ? err_is_ok(err) : err_no(err) == MON_ERR_TOKENS);
    }
}

/// One channel, from its making to its end. Either side leaves first.
static void round_trip(bool client_first)
{
    uint32_t channel, side, core;
    struct capref frame, wake;
    CHECK_OK(monitor_bind_ump(init, MONITOR_ANY_CORE, SERVICE, HASH, BASE_PAGE_SIZE, &channel, &side, &core,
                              &frame, &wake));
    CHECK(side == 0 && core == disp_get_core_id() && channel == (served.channel ^ 1));
    CHECK(served.rights == MONITOR_RIGHT_TRUSTED);
    volatile uint64_t *memory = map(frame, BASE_PAGE_SIZE);
    for (unsigned i = 0; i < BASE_PAGE_SIZE / sizeof(*memory); i++) {
        CHECK(memory[i] == 0);
    }
    memory[0] = PATTERN;
    CHECK(served.memory[0] == PATTERN);
    served.memory[100] = ~PATTERN;
    CHECK(memory[100] == ~PATTERN);
    send_capabilities(channel);
    if (!client_first) {
        leave_served();
    }
    CHECK_OK(paging_unmap(get_current_paging_state(), (void *)memory));
    CHECK_OK(cap_destroy(wake));
    CHECK_OK(cap_destroy(frame));
    CHECK_OK(monitor_leave_channel(init, channel));
    if (client_first) {
        leave_served();
    }
    CHECK_ERR(monitor_take_cap(init, channel, 1, &frame), MON_ERR_CHANNEL);
}

static void check_refusals(void)
{
    uint32_t channel, side, core;
    struct capref frame, wake;
    refuses = true;
    CHECK_ERR(monitor_bind_ump(init, disp_get_core_id(), SERVICE, HASH, 0, &channel, &side, &core, &frame,
                               &wake),
              MEM_ERR_QUOTA);
    refuses = false;
    CHECK_ERR(monitor_bind_ump(init, disp_get_core_id(), SERVICE, HASH + 1, 0, &channel, &side, &core, &frame,
                               &wake),
              RPC_ERR_INTERFACE);
    CHECK_ERR(monitor_bind_ump(init, disp_get_core_id(), "nobody", HASH, 0, &channel, &side, &core, &frame,
                               &wake),
              RPC_ERR_NO_SERVICE);
    CHECK_ERR(monitor_bind_ump(init, 200, SERVICE, HASH, 0, &channel, &side, &core, &frame, &wake),
              MON_ERR_NO_CORE);
    CHECK_ERR(monitor_bind_ump(init, disp_get_core_id(), SERVICE, HASH, 123, &channel, &side, &core, &frame,
                               &wake),
              SYS_ERR_INVALID_ARGUMENT);
}

static int run_client(void *unused)
{
    (void)unused;
    uint64_t bytes_before = 0, slots_before = 0, bytes, slots;
    for (unsigned long i = 0; i < rounds; i++) {
        round_trip(i % 2 == 0);
        check_refusals();
        if (i == 1) { // what init makes once it has made
            CHECK_OK(test_free_memory(tests, &bytes_before));
            CHECK_OK(test_used_slots(tests, &slots_before));
        }
    }
    CHECK_OK(test_free_memory(tests, &bytes));
    CHECK_OK(test_used_slots(tests, &slots));
    CHECK(bytes == bytes_before && slots == slots_before);
    printf("channels: %lu came and went\n", rounds);
    exit(EXIT_SUCCESS);
}

int main(int argc, char *argv[])
{
    struct rpc_session *session;
    struct capref linked;
    struct thread *client;
    rounds = argument_number(argc, argv, "calls", DEFAULT_ROUNDS);
    CHECK_OK(rpc_init_channel(&init));
    CHECK_OK(rpc_connect("test", &test_interface, &tests));
    CHECK_OK(rpc_session_create(&control, 0, 0, NULL_CAP, &session, &linked));
    CHECK_OK(monitor_serve(init, SERVICE, HASH, linked));
    CHECK_OK(thread_create(run_client, NULL, &client));
    rpc_serve();
}
