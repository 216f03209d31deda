/*
 * What processes of the test do.
 */
#include "parts.h"

#include "storm.h"

#include <aos/clock.h>
#include <aos/rpc_server.h>
#include <aos/threads.h>
#include <echo/service.h>
#include <interfaces/echo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTUAL_ROUNDS 40

/// Registers and ends, by itself.
static int leave(const char *own)
{
    CHECK_OK(nameservice_register(own, answer_greeting, "leaves"));
    return EXIT_SUCCESS;
}

/// Registers, waits for a name, looks one up, and faults with a call under way.
static int wait_for(void *name)
{
    names_wait(name, CLOCK_NEVER, NULL);
    return 0;
}

static void nothing(void *context, enum names_event event, const char *name)
{
    (void)context;
    (void)event;
    (void)name;
}

static void hold_everything(const char *own, const char *other)
{
    struct thread *thread;
    CHECK_OK(nameservice_register_properties(own, answer_greeting, "stays", "kind=stays"));
    CHECK_OK(thread_create(wait_for, (void *)other, &thread));
    CHECK_OK(names_watch("", "", nothing, NULL, NULL));
    thread_sleep_us(2000);
}

static _Noreturn void crash(const char *own, const char *other)
{
    hold_everything(own, other);
    fault();
}

static _Noreturn void stay(const char *own, const char *other)
{
    hold_everything(own, other);
    stay_for_ever();
}

/// A service with an interface file, as such a service usually looks.
static _Noreturn void serve(const char *own)
{
    CHECK_OK(names_export(own, "kind=echo", &echo_service));
    rpc_serve();
}

/// What a watch was told.
static char events[32];

static void note(void *context, enum names_event event, const char *name)
{
    CHECK(context == events && strlen(events) < sizeof(events) - 2);
    strcat(events, event == NAMES_CAME ? "+" : event == NAMES_WENT ? "-" : "x");
    strcat(events, name ? &name[strlen(name) - 1] : "");
}

static void expect_events(const char *expected)
{
    const uint64_t until = in_a_while();
    while (strcmp(events, expected) != 0 && clock_now_us() < until) {
        thread_sleep_us(200);
    }
    CHECK(strcmp(events, expected) == 0);
}

/// Watches names, and ends when everything was told.
static int watch(const char *own, const char *prefix)
{
    struct names_watch *watch, *other;
    CHECK_OK(names_watch(prefix, "kind=k", note, events, &watch));
    CHECK_OK(names_watch("nobody", NULL, nothing, NULL, &other));
    CHECK_OK(nameservice_register(own, answer_greeting, "watches"));
    expect_events("+1+3-1-3");
    names_unwatch(other);
    names_unwatch(watch);
    expect_events("+1+3-1-3x");
    return EXIT_SUCCESS;
}

/// Who a relay passes its message to.
static const char *next_relay;

/// A message is a number: 0 is answered, anything else goes to the other one, less 1.
static void relay(void *st, void *message, size_t bytes, void **response, size_t *response_bytes,
                  struct capref rx_cap, struct capref *tx_cap)
{
    (void)st;
    (void)rx_cap;
    (void)tx_cap;
    uint32_t number;
    nameservice_chan_t chan;
    CHECK(bytes == sizeof(number));
    memcpy(&number, message, sizeof(number));
    if (number == 0) {
        *response = strdup("the end");
        *response_bytes = sizeof("the end");
        return;
    }
    number--;
    CHECK_OK(nameservice_lookup(next_relay, &chan));
    CHECK_OK(nameservice_rpc(chan, &number, sizeof(number), response, response_bytes, NULL_CAP, NULL_CAP));
    nameservice_close(chan);
}

void register_relay(const char *own, const char *other)
{
    next_relay = other;
    CHECK_OK(nameservice_register(own, relay, NULL));
}

static _Noreturn void be_relay(const char *own, const char *other)
{
    register_relay(own, other);
    stay_for_ever();
}

/// Calls back who calls: connects to the service of interface `echo` under the name of `other`.
static void call_echo(void *st, void *message, size_t bytes, void **response, size_t *response_bytes,
                      struct capref rx_cap, struct capref *tx_cap)
{
    (void)message;
    (void)bytes;
    (void)rx_cap;
    (void)tx_cap;
    struct rpc_client *client;
    uint64_t twice;
    CHECK_OK(names_connect(st, &echo_interface, &client));
    CHECK_OK(echo_number(client, 4, &twice));
    rpc_disconnect(client);
    CHECK(twice == 8);
    *response = strdup("eight");
    *response_bytes = sizeof("eight");
}

static _Noreturn void call_back(const char *own, const char *other)
{
    CHECK_OK(nameservice_register(own, call_echo, (void *)other));
    stay_for_ever();
}

/// Looks another one up while that one does the same, again and again.
static int mutual(const char *own, const char *other)
{
    CHECK_OK(nameservice_register(own, answer_greeting, (void *)own));
    for (unsigned i = 0; i < MUTUAL_ROUNDS; i++) {
        nameservice_chan_t chan;
        CHECK_OK(names_wait(other, in_a_while(), NULL));
        CHECK_OK(nameservice_lookup(other, &chan));
        expect_greeting(chan, other);
        nameservice_close(chan);
    }
    // The other one may need us for longer.
    char done[NAMES_NAME_BYTES], other_done[NAMES_NAME_BYTES];
    snprintf(done, sizeof(done), "%s/done", own);
    snprintf(other_done, sizeof(other_done), "%s/done", other);
    CHECK_OK(nameservice_register(done, answer_greeting, "done"));
    CHECK_OK(names_wait(other_done, in_a_while(), NULL));
    thread_sleep_us(20000);
    return EXIT_SUCCESS;
}

int play_role(const char *role, const char *own, const char *other, uint64_t seed)
{
    if (strcmp(role, "leave") == 0) {
        return leave(own);
    }
    if (strcmp(role, "crash") == 0) {
        crash(own, other);
    }
    if (strcmp(role, "stay") == 0) {
        stay(own, other);
    }
    if (strcmp(role, "serve") == 0) {
        serve(own);
    }
    if (strcmp(role, "relay") == 0) {
        be_relay(own, other);
    }
    if (strcmp(role, "call_back") == 0) {
        call_back(own, other);
    }
    if (strcmp(role, "watch") == 0) {
        return watch(own, other);
    }
    if (strcmp(role, "mutual") == 0) {
        return mutual(own, other);
    }
    return strcmp(role, "storm") == 0 ? storm_member(seed) : EXIT_FAILURE;
}
