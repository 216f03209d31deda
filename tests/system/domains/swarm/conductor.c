/**
 * Keeps so many members at work, kills some and puts others in their places, and asks for how each has ended.
 *
 * Arguments: seed=N; calls=N, million instructions that it lasts; how=N, members (64).
 */
#include "swarm.h"

#include <interfaces/echo.h>
#include <interfaces/test.h>
#include <stdio.h>

#define MEMBERS_MAX    256
#define MEMBERS_USUAL  64
#define MILLIONS_USUAL 200
#define MILLION        1000000UL
#define ECHO_RAM_BYTES 0x8000000UL
#define LIFE_CALLS     400    ///< Of the members that end by themselves, on the average.
#define PAUSE_US       3000   ///< Between two looks, at most.
#define SPAWN_US       300    ///< So much starting one takes at most, about,
#define SPAWN_CYCLES   300000 ///< or this.
#define LOOK_US        200
#define KILLED_AT_ONCE 4 ///< At most.
#define PROGRESS_PARTS 20
#define ARGUMENT_BYTES 32

static struct {
    domainid_t pids[MEMBERS_MAX];
    unsigned members;
    unsigned next_number; ///< Each has its own.
    uint64_t begin_us; ///< When all begin, so that nobody is in the way of those who are still to be started.
    uint64_t end_cycles;
    uint64_t calls, started, killed, ended;
    struct member random;
    struct rpc_client *init;
} swarm;

static domainid_t start_member(void)
{
    char number[ARGUMENT_BYTES], seed[ARGUMENT_BYTES], life[ARGUMENT_BYTES];
    char begin[ARGUMENT_BYTES], end[ARGUMENT_BYTES];
    const bool is_mortal = below(&swarm.random, 4) == 0;
    domainid_t pid;
    snprintf(number, sizeof(number), "number=%u", swarm.next_number++);
    snprintf(seed, sizeof(seed), "seed=%u", (unsigned)below(&swarm.random, 1 << 30));
    snprintf(begin, sizeof(begin), "begin=%lu", (unsigned long)swarm.begin_us);
    snprintf(end, sizeof(end), "end=%lu", (unsigned long)swarm.end_cycles);
    snprintf(life, sizeof(life), "life=%u",
             is_mortal ? 1 + (unsigned)below(&swarm.random, 2 * LIFE_CALLS) : 0);
    const char *const argv[] = {SELF, "role=member", number, seed, begin, end, life, NULL};
    CHECK_OK(process_spawn(SELF, argv, NULL, &pid));
    swarm.started++;
    return pid;
}

/// Waits for a member's end, and finds that it is as it should be.
static void bury(unsigned place, bool was_killed)
{
    struct process_end end;
    char text[128];
    CHECK_OK(process_wait(swarm.pids[place], &end));
    const bool exited_well = end.reason == PROCESS_EXITED && end.exit_code >= CALLS_SHOWN;
    if (!exited_well && !(was_killed && end.reason == PROCESS_KILLED)) {
        process_describe_end(&end, text, sizeof(text));
        USER_PANIC("member %u ended: %s", (unsigned)swarm.pids[place], text);
    }
    if (exited_well) {
        swarm.calls += (uint64_t)(end.exit_code - CALLS_SHOWN);
        swarm.ended++;
    } else {
        swarm.killed++;
    }
}

static bool has_ended(unsigned place)
{
    struct process_status status;
    CHECK_OK(process_get_status(swarm.pids[place], &status));
    return status.state == PROCESS_ENDED;
}

static void kill_one(unsigned place)
{
    errval_t err = process_kill(swarm.pids[place]);
    if (err_no(err) != PROC_ERR_NO_PROCESS) { // it may have ended by itself meanwhile
        CHECK_OK(err);
    }
    bury(place, true);
    swarm.pids[place] = start_member();
}

static void say_progress(uint64_t millions, uint64_t *said)
{
    const uint64_t now = cycle_count();
    const uint64_t left = now < swarm.end_cycles ? (swarm.end_cycles - now) / MILLION : 0;
    const uint64_t part = (millions - left) * PROGRESS_PARTS / millions;
    if (part != *said) {
        printf("soak: %lu of %lu million\n", (unsigned long)(millions - left), (unsigned long)millions);
    }
    *said = part;
}

static void watch(uint64_t millions)
{
    uint64_t said = 0;
    while (cycle_count() < swarm.end_cycles) {
        thread_sleep_us(below(&swarm.random, PAUSE_US));
        say_progress(millions, &said);
        for (unsigned i = 1 + below(&swarm.random, KILLED_AT_ONCE); i > 0; i--) {
            kill_one(below(&swarm.random, swarm.members));
        }
        const unsigned place = below(&swarm.random, swarm.members);
        if (has_ended(place)) {
            bury(place, false);
            swarm.pids[place] = start_member();
        }
        CHECK_OK(test_drain(swarm.init));
    }
}

/// Until the service is there.
static void wait_for_echo(void)
{
    struct rpc_client *echo;
    errval_t err;
    while (err_is_fail(err = rpc_connect("echo", &echo_interface, &echo))) {
        while (err_no(err) != RPC_ERR_NO_SERVICE) {
            err = err_pop(err);
            CHECK(err);
        }
        thread_sleep_us(LOOK_US);
    }
    rpc_disconnect(echo);
}

int conduct(int argc, char *argv[])
{
    const uint64_t millions = argument_number(argc, argv, "calls", 0);
    const uint64_t lasts = millions ? millions : MILLIONS_USUAL;
    const unsigned members = (unsigned)argument_number(argc, argv, "how", 0);
    uint32_t echo;
    swarm.members = members == 0 ? MEMBERS_USUAL : members > MEMBERS_MAX ? MEMBERS_MAX : members;
    swarm.random.random = (uint32_t)argument_number(argc, argv, "seed", 0) * 2654435761U | 1;
    CHECK_OK(rpc_connect("test", &test_interface, &swarm.init));
    CHECK_OK(test_start(swarm.init, "echo", ECHO_RAM_BYTES, &echo));
    wait_for_echo();
    swarm.begin_us = clock_now_us() + swarm.members * SPAWN_US;
    swarm.end_cycles = cycle_count() + lasts * MILLION + swarm.members * SPAWN_CYCLES;
    for (unsigned i = 0; i < swarm.members; i++) {
        swarm.pids[i] = start_member();
    }
    watch(lasts);
    for (unsigned i = 0; i < swarm.members; i++) {
        bury(i, false);
    }
    CHECK_OK(test_check(swarm.init));
    printf("soak: %lu calls, %lu processes, %lu killed, %lu ended by themselves\n",
           (unsigned long)swarm.calls, (unsigned long)swarm.started, (unsigned long)swarm.killed,
           (unsigned long)swarm.ended);
    return EXIT_SUCCESS;
}
