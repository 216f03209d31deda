/*
 * Many domains register, look each other up, call, wait, watch, spawn and die at the same time, by a seed.
 */
#include "storm.h"

#include "parts.h"

#include <aos/clock.h>
#include <aos/threads.h>
#include <interfaces/proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS        8  ///< At a time.
#define DEFAULT_ROUNDS 4  ///< Each with all members anew.
#define STEPS          60 ///< Of a member.
#define NAMES          12
#define WATCHES        4 ///< Of a member.
/// What the name server's heap may have grown by: less than what each domain would leave behind.
#define LEAK_BYTES 0x4000L
#define SHORT_US   1500

static uint32_t random_state;

/// The next random number below `limit` (xorshift, Marsaglia 2003).
static uint32_t below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static void seed_with(uint64_t seed)
{
    random_state = (uint32_t)(seed * 2654435761U) | 1;
}

static const char *any_name(void)
{
    static char name[NAMES_NAME_BYTES];
    snprintf(name, sizeof(name), "s/%u", (unsigned)below(NAMES));
    return name;
}

/// True if a call may end so when others come and go: its service has ended or is ending, or has left its
/// name.
static bool may_be(errval_t err)
{
    for (; err; err = err_pop(err)) {
        switch (err_no(err)) {
        case NAMES_ERR_NO_NAME:
        case RPC_ERR_PEER_GONE:
        case RPC_ERR_NO_SERVICE:
            return true;
        default:
            break;
        }
    }
    return false;
}

#define CHECK_CALM(err)                                            \
    do {                                                           \
        if (err_is_fail(err) && !may_be(err)) {                    \
            USER_PANIC_ERR(err, "in step %u", (unsigned)the_step); \
        }                                                          \
    } while (0)

static unsigned the_step;

static void ask_somebody(void)
{
    nameservice_chan_t chan;
    void *response;
    size_t bytes;
    errval_t err = nameservice_lookup(any_name(), &chan);
    if (err_is_ok(err)) {
        err = nameservice_rpc(chan, "hello", sizeof("hello"), &response, &bytes, NULL_CAP, NULL_CAP);
        if (err_is_ok(err)) {
            CHECK(bytes == sizeof("storm: hello") && strcmp(response, "storm: hello") == 0);
            free(response);
        }
        nameservice_close(chan);
    }
    CHECK_CALM(err);
}

static void ask_proc(void)
{
    struct rpc_client *proc;
    uint32_t *pids;
    size_t count;
    errval_t err = names_connect("system/proc/0", &proc_interface, &proc);
    CHECK_OK(err);
    CHECK_OK(proc_pids(proc, &pids, &count));
    free(pids);
    rpc_disconnect(proc);
}

static void list(void)
{
    struct names_entry *entries;
    size_t count;
    CHECK_OK(names_list("s/", below(2) ? "core=0" : NULL, &entries, &count));
    CHECK(count <= NAMES);
    free(entries);
}

static void nothing(void *context, enum names_event event, const char *name)
{
    (void)context;
    (void)event;
    (void)name;
}

static void watch(void)
{
    static unsigned watches;
    if (watches++ < WATCHES) {
        CHECK_OK(names_watch("s/", NULL, nothing, NULL, NULL));
    }
}

/// Registers a name, or gives it back.
static void change_name(void)
{
    const char *name = any_name();
    errval_t err = nameservice_register_properties(name, answer_greeting, "storm", "kind=storm");
    if (err_is_fail(err)) {
        CHECK_ERR(err, NAMES_ERR_TAKEN);
        err = nameservice_deregister(name);
        CHECK_CALM(err);
    }
}

static void step(void)
{
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
        change_name();
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        ask_somebody();
        break;
    case 7:
        ask_proc();
        break;
    case 8:
        list();
        break;
    case 9: {
        errval_t err = names_wait(any_name(), clock_now_us() + SHORT_US, NULL);
        CHECK(err_is_ok(err) || err_no(err) == RPC_ERR_DEADLINE);
        break;
    }
    case 10:
        watch();
        break;
    default:
        thread_sleep_us(below(300));
    }
}

static int take_steps(void *last)
{
    for (; the_step < (uintptr_t)last; the_step++) {
        step();
    }
    if (below(4) == 0) {
        fault();
    }
    exit(EXIT_SUCCESS);
}

int storm_member(uint64_t seed)
{
    seed_with(seed);
    fsync(STDOUT_FILENO); // its last words need no memory then
    const unsigned last = below(2) ? STEPS : below(STEPS);
    if (below(3) == 0) { // in a domain that serves in the usual way as well
        CHECK_OK(thread_create(take_steps, (void *)(uintptr_t)last, NULL));
        rpc_serve();
    }
    return take_steps((void *)(uintptr_t)last);
}

void test_storm(const struct arguments *arguments)
{
    const uint64_t rounds = arguments->calls ? arguments->calls : DEFAULT_ROUNDS;
    struct holding before = {0};
    unsigned ends[PROCESS_KILLED + 1] = {0};
    for (uint64_t round = 0; round <= rounds; round++) {
        domainid_t pids[MEMBERS];
        struct process_end end;
        for (unsigned i = 0; i < MEMBERS; i++) {
            pids[i] = start_role_on((coreid_t)(i % arguments->cores), "storm", "", "",
                                    arguments->seed * 1000 + round * MEMBERS + i);
        }
        seed_with(arguments->seed + round);
        for (unsigned i = 0; i < MEMBERS; i++) {
            thread_sleep_us(below(5000));
            if (below(3) == 0) {
                (void)process_kill(pids[i]); // or it has ended
            }
        }
        for (unsigned i = 0; i < MEMBERS; i++) {
            CHECK_OK(process_wait(pids[i], &end));
            CHECK(end.reason != PROCESS_EXITED || end.exit_code == 0);
            CHECK(end.reason != PROCESS_FAULTED || end.address == FAULT_ADDRESS);
            ends[end.reason]++;
        }
        if (round == 0) {
            before = take_holding(); // what is made once has been made
        }
        expect_holding(&before);
    }
    const int64_t more = take_holding().ram_bytes - before.ram_bytes;
    if (more > LEAK_BYTES) {
        USER_PANIC("the name server has %ld bytes more in use", (long)more);
    }
    printf("storm: %u exited, %u faulted, %u were killed\n", ends[PROCESS_EXITED], ends[PROCESS_FAULTED],
           ends[PROCESS_KILLED]);
}
