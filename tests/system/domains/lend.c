/**
 * A frame that a process of another core lends: both see the same memory, it is not passed on, and when its
 * owner ends nobody has it any more.
 *
 * Arguments: calls=N, rounds on each core. A child of itself has the argument `child`.
 */
#include "arguments.h"
#include "check.h"

#include <aos/aos.h>
#include <aos/process.h>
#include <aos/rpc_server.h>
#include <aos/threads.h>
#include <interfaces/control_server.h>
#include <interfaces/monitor.h>
#include <stdio.h>

#define DEFAULT_ROUNDS 4
#define SERVICE        "borrower"
#define HASH           815
#define PATTERN        0xfeedc0deUL
#define NAP_US         200

static struct rpc_client *init;
static uint64_t running; ///< Bit n is core n.
static uint64_t rounds;

/// What the newest client has in the channel's memory.
static struct {
    uint32_t channel;
    struct capref frame;
    volatile uint64_t *volatile memory;
} client;

static volatile uint64_t *map(struct capref frame)
{
    void *memory;
    CHECK_OK(paging_map_frame_attr(get_current_paging_state(), &memory, BASE_PAGE_SIZE, frame,
                                   VREGION_FLAGS_READ_WRITE));
    return memory;
}

static void unmap(volatile uint64_t *memory)
{
    CHECK_OK(paging_unmap(get_current_paging_state(), (void *)memory));
}

/* The child, which lends. */

static int lend(void)
{
    uint32_t channel, side, core;
    struct capref shared, wake, frame, copy;
    uint64_t token;
    CHECK_OK(
        monitor_bind_ump(init, 0, SERVICE, HASH, BASE_PAGE_SIZE, &channel, &side, &core, &shared, &wake));
    volatile uint64_t *memory = map(shared);
    CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    *map(frame) = PATTERN;
    CHECK_OK(slot_alloc(&copy));
    CHECK_OK(cap_copy(copy, cap_selfep));
    if (disp_get_core_id() != 0) {
        CHECK_ERR(monitor_send_cap(init, channel, copy, &token), MON_ERR_CAP_TYPE);
    }
    CHECK_OK(slot_alloc(&copy));
    CHECK_OK(cap_copy(copy, frame));
    CHECK_OK(monitor_send_cap(init, channel, copy, &token));
    __atomic_store_n(&memory[0], token, __ATOMIC_RELEASE);
    thread_sleep_us(UINT32_MAX);
    return 1;
}

/* The parent, which borrows. */

static errval_t connect_ump(struct rpc_session *session, uint64_t request, uint32_t pid, uint64_t quota,
                            uint32_t rights, uint32_t channel, uint32_t side, uint32_t core,
                            struct capref frame, struct capref wake)
{
    (void)session;
    (void)quota;
    CHECK(process_core(pid) == core && side == 1 && rights == 0);
    CHECK_OK(cap_destroy(wake));
    client.channel = channel;
    client.frame = frame;
    client.memory = map(frame);
    CHECK_OK(monitor_connected_ump(init, request));
    return SYS_ERR_OK;
}

static const struct control_operations operations = {.connect_ump = connect_ump};
static const struct rpc_service control = {.skeleton = &control_skeleton, .operations = &operations};

static uint64_t await_token(void)
{
    uint64_t token;
    while (!client.memory || (token = __atomic_load_n(&client.memory[0], __ATOMIC_ACQUIRE)) == 0) {
        thread_sleep_us(NAP_US);
    }
    return token;
}

static void borrow_from(coreid_t core)
{
    const char *const argv[] = {"lend", "child", NULL};
    const struct process_options options = {.core = core};
    struct capref frame, copy;
    struct capability_info info;
    struct process_end end;
    uint64_t token;
    domainid_t pid;
    client.memory = NULL;
    CHECK_OK(process_spawn("lend", argv, &options, &pid));
    token = await_token();
    CHECK_OK(monitor_take_cap(init, client.channel, token, &frame));
    volatile uint64_t *borrowed = map(frame);
    CHECK(*borrowed == PATTERN);
    CHECK_OK(slot_alloc(&copy));
    CHECK_OK(cap_copy(copy, frame));
    if (core != disp_get_core_id()) {
        CHECK_ERR(monitor_send_cap(init, client.channel, copy, &token), MON_ERR_CAP_FOREIGN);
    }
    CHECK_OK(process_kill(pid));
    CHECK_OK(process_wait(pid, &end));
    CHECK_ERR(cap_identify(frame, &info), SYS_ERR_CAP_NOT_FOUND); // with its mapping
    unmap(borrowed);
    CHECK_OK(slot_free(frame));
    unmap(client.memory);
    CHECK_OK(cap_destroy(client.frame));
    CHECK_OK(monitor_leave_channel(init, client.channel));
}

static int borrow(void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < rounds; i++) {
        for (unsigned core = 0; core < 64; core++) {
            if (running >> core & 1) {
                borrow_from(core);
            }
        }
    }
    printf("lend: %d cores, %lu rounds\n", __builtin_popcountl(running), (unsigned long)rounds);
    exit(EXIT_SUCCESS);
}

int main(int argc, char *argv[])
{
    struct rpc_session *session;
    struct capref linked;
    struct thread *borrower;
    CHECK_OK(rpc_init_channel(&init));
    CHECK_OK(monitor_cores(init, &running));
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        return lend();
    }
    rounds = argument_number(argc, argv, "calls", DEFAULT_ROUNDS);
    CHECK_OK(rpc_session_create(&control, 0, 0, NULL_CAP, &session, &linked));
    CHECK_OK(monitor_serve(init, SERVICE, HASH, linked));
    CHECK_OK(thread_create(borrow, NULL, &borrower));
    rpc_serve();
}
