/*
 * Calls that come back to where they came from: what document A (8.2) calls deadlock situations.
 */
#include "parts.h"

#include <aos/threads.h>
#include <echo/service.h>
#include <interfaces/echo.h>
#include <interfaces/proc.h>
#include <stdlib.h>
#include <string.h>

#define DEEP    3  ///< Calls of one domain that wait for each other. Each takes two channels.
#define SPAWNS  12 ///< While others look the process server up.
#define LOOKERS 2

void expect_the_end(const char *name, uint32_t number)
{
    nameservice_chan_t chan;
    void *response;
    size_t bytes;
    CHECK_OK(nameservice_lookup(name, &chan));
    CHECK_OK(nameservice_rpc(chan, &number, sizeof(number), &response, &bytes, NULL_CAP, NULL_CAP));
    CHECK(bytes == sizeof("the end") && strcmp(response, "the end") == 0);
    free(response);
    nameservice_close(chan);
}

/// A domain that looks up and calls a service of its own; the service does the same again.
static void check_self(void)
{
    register_relay("c/self", "c/self");
    expect_the_end("c/self", 0);
    expect_the_end("c/self", DEEP);
    CHECK_OK(nameservice_deregister("c/self"));
}

/// A calls B calls A, and three in a circle; all of them begin at once.
static void check_circle(void)
{
    register_relay("c/a", "c/b");
    const domainid_t b = start_role("relay", "c/b", "c/c", 0);
    const domainid_t c = start_role("relay", "c/c", "c/a", 0);
    CHECK_OK(names_wait("c/b", in_a_while(), NULL));
    CHECK_OK(names_wait("c/c", in_a_while(), NULL));
    expect_the_end("c/b", 2);
    expect_the_end("c/a", 1);
    expect_the_end("c/a", 3 * DEEP);
    expect_the_end("c/b", 3 * DEEP + 1);
    CHECK_OK(process_kill(b));
    CHECK_OK(process_kill(c));
    CHECK_OK(nameservice_deregister("c/a"));
    expect_no_name("c/b");
    expect_no_name("c/c");
}

/// The same for a service with an interface file whose domain waits for a call, and not in rpc_serve().
static void check_called_back(void)
{
    nameservice_chan_t chan;
    void *response;
    size_t bytes;
    CHECK_OK(names_export("c/echo", NULL, &echo_service));
    const domainid_t pid = start_role("call_back", "c/back", "c/echo", 0);
    CHECK_OK(names_wait("c/back", in_a_while(), NULL));
    CHECK_OK(nameservice_lookup("c/back", &chan));
    for (unsigned i = 0; i < 3; i++) {
        CHECK_OK(nameservice_rpc(chan, "x", 1, &response, &bytes, NULL_CAP, NULL_CAP));
        CHECK(bytes == sizeof("eight"));
        free(response);
    }
    nameservice_close(chan);
    CHECK_OK(process_kill(pid));
    CHECK_OK(names_withdraw("c/echo"));
    expect_no_name("c/back");
}

/// A service that looks another one up while it is looked up.
static void check_mutual(void)
{
    const domainid_t one = start_role("mutual", "c/one", "c/two", 0);
    const domainid_t two = start_role("mutual", "c/two", "c/one", 0);
    expect_exit(one);
    expect_exit(two);
}

/// The process server is looked up and asked while it spawns: document A, figure 8.3.
static int look_up_proc(void *stop)
{
    while (!*(volatile bool *)stop) {
        struct rpc_client *proc;
        uint32_t *pids;
        size_t count;
        CHECK_OK(names_connect("system/proc/0", &proc_interface, &proc));
        CHECK_OK(proc_pids(proc, &pids, &count));
        free(pids);
        rpc_disconnect(proc);
    }
    return 0;
}

static void check_proc(void)
{
    static volatile bool stop;
    struct thread *lookers[LOOKERS];
    for (unsigned i = 0; i < LOOKERS; i++) {
        CHECK_OK(thread_create(look_up_proc, (void *)&stop, &lookers[i]));
    }
    for (unsigned i = 0; i < SPAWNS; i++) {
        expect_exit(start_role("leave", "c/leaves", "", 0));
    }
    stop = true;
    for (unsigned i = 0; i < LOOKERS; i++) {
        CHECK_OK(thread_join(lookers[i], NULL));
    }
}

void test_circles(const struct arguments *arguments)
{
    (void)arguments;
    check_self();
    check_circle();
    check_called_back();
    check_mutual();
    check_proc();
}
