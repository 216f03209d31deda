/*
 * Names go with their domains, however these end, and so does all that a domain has of the name server.
 */
#include "parts.h"

#include <aos/clock.h>
#include <aos/threads.h>
#include <string.h>

#define ROUNDS 8

/// Events that the watch has been told.
static struct {
    volatile unsigned came, went;
} told;

static void note(void *context, enum names_event event, const char *name)
{
    (void)context;
    if (event != NAMES_WATCH_ENDED) {
        CHECK(strncmp(name, "e/", 2) == 0);
        told.came += event == NAMES_CAME;
        told.went += event == NAMES_WENT;
    }
}

static void expect_events(unsigned each)
{
    const uint64_t until = in_a_while();
    while ((told.came != each || told.went != each) && clock_now_us() < until) {
        thread_sleep_us(500);
    }
    CHECK(told.came == each && told.went == each);
}

static void end_one(unsigned round)
{
    struct process_end end;
    nameservice_chan_t chan;
    void *response;
    size_t bytes;
    domainid_t pid;
    switch (round % 3) {
    case 0:
        expect_exit(start_role("leave", "e/x", "", 0));
        break;
    case 1:
        pid = start_role("crash", "e/x", "e/nobody", 0);
        CHECK_OK(process_wait(pid, &end));
        CHECK(end.reason == PROCESS_FAULTED);
        break;
    default:
        pid = start_role("stay", "e/x", "e/nobody", 0);
        CHECK_OK(names_wait("e/x", in_a_while(), NULL));
        CHECK_OK(nameservice_lookup("e/x", &chan));
        expect_greeting(chan, "stays");
        CHECK_OK(process_kill(pid));
        CHECK_OK(process_wait(pid, &end));
        CHECK(end.reason == PROCESS_KILLED);
        CHECK_ERR(nameservice_rpc(chan, "x", 1, &response, &bytes, NULL_CAP, NULL_CAP), RPC_ERR_PEER_GONE);
        nameservice_close(chan);
    }
    expect_no_name("e/x");
}

void test_ends(const struct arguments *arguments)
{
    (void)arguments;
    struct names_watch *watch;
    struct holding before;
    CHECK_OK(nameservice_register("own", answer_greeting, "own")); // so that this domain serves its watch
    CHECK_OK(names_watch("e/", NULL, note, NULL, &watch));
    before = take_holding();
    before = take_holding();
    for (unsigned round = 0; round < 3 * ROUNDS; round++) {
        end_one(round);
        expect_holding(&before);
    }
    expect_events(3 * ROUNDS);
    names_unwatch(watch);
    CHECK_OK(nameservice_deregister("own"));
}
