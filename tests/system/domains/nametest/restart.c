/*
 * The name server ends and is started again: names are entered again by those who have them.
 */
#include "parts.h"

#include <aos/clock.h>
#include <aos/threads.h>
#include <interfaces/echo.h>
#include <interfaces/test.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ROUNDS 5

static struct rpc_client *init;

errval_t test_restart_names(void)
{
    errval_t err = init ? SYS_ERR_OK : rpc_connect("test", &test_interface, &init);
    return err_is_ok(err) ? test_kill_service(init, "names") : err;
}

static volatile bool watch_ended;

static void note(void *context, enum names_event event, const char *name)
{
    (void)context;
    (void)name;
    watch_ended |= event == NAMES_WATCH_ENDED;
}

/// Waits across the end of the name server for a name that comes after it.
static int wait_for_late(void *unused)
{
    (void)unused;
    CHECK_OK(names_wait("r/late", in_a_while(), NULL));
    return 0;
}

static void restart(void)
{
    struct thread *waiter;
    struct rpc_client *echo;
    nameservice_chan_t chan, before;
    uint64_t twice;
    watch_ended = false;
    CHECK_OK(names_watch("", "", note, NULL, NULL));
    CHECK_OK(thread_create(wait_for_late, NULL, &waiter));
    CHECK_OK(nameservice_lookup("r/own", &before));
    thread_sleep_us(2000);
    CHECK_OK(test_restart_names());
    // Other domains' names, and ours.
    CHECK_OK(names_wait("r/typed", in_a_while(), NULL));
    CHECK_OK(names_wait("r/own", in_a_while(), NULL));
    CHECK_OK(names_wait("r/second", in_a_while(), NULL));
    CHECK_OK(names_wait("system/names/0", in_a_while(), NULL));
    CHECK_OK(names_wait("system/serial/0", in_a_while(), NULL));
    expect_greeting(before, "own"); // channels do not need it
    nameservice_close(before);
    CHECK_OK(nameservice_lookup("r/own", &chan));
    expect_greeting(chan, "own");
    nameservice_close(chan);
    CHECK_OK(names_connect("r/typed", &echo_interface, &echo));
    CHECK_OK(echo_number(echo, 1, &twice));
    rpc_disconnect(echo);
    CHECK_OK(nameservice_register("r/late", answer_greeting, "late"));
    CHECK_OK(thread_join(waiter, NULL));
    CHECK_OK(nameservice_deregister("r/late"));
    const uint64_t until = in_a_while();
    while (!watch_ended && clock_now_us() < until) {
        thread_sleep_us(500);
    }
    CHECK(watch_ended);
}

void test_restart(const struct arguments *arguments)
{
    const uint64_t rounds = arguments->calls ? arguments->calls : DEFAULT_ROUNDS;
    uint64_t free_before = 0, slots_before = 0, free_after, slots_after;
    const domainid_t pid = start_role_on((coreid_t)(arguments->cores - 1), "serve", "r/typed", "", 0);
    CHECK_OK(nameservice_register("r/own", answer_greeting, "own"));
    CHECK_OK(nameservice_register_properties("r/second", answer_greeting, "second", "kind=second"));
    CHECK_OK(names_wait("r/typed", in_a_while(), NULL));
    for (uint64_t round = 0; round <= rounds; round++) {
        restart();
        const uint64_t until = in_a_while();
        do { // what other cores have of the old one goes a little later
            thread_sleep_us(500);
            CHECK_OK(test_free_memory(init, &free_after));
            CHECK_OK(test_used_slots(init, &slots_after));
        } while (round > 0 && (free_after != free_before || slots_after != slots_before)
                 && clock_now_us() < until);
        if (round > 0 && (free_after != free_before || slots_after != slots_before)) {
            USER_PANIC("in round %lu init has %ld bytes less and %ld slots more in use", (unsigned long)round,
                       (long)(free_before - free_after), (long)(slots_after - slots_before));
        }
        free_before = free_after;
        slots_before = slots_after;
    }
    struct names_entry entry;
    CHECK_OK(names_describe("r/second", &entry));
    CHECK(strcmp(entry.properties, "kind=second") == 0);
    CHECK_OK(process_kill(pid));
}
