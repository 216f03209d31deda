/*
 * Services of all cores: the name server is on the first one, connections are direct.
 */
#include "parts.h"

#include <echo/service.h>
#include <interfaces/echo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *name_on(const char *kind, unsigned core)
{
    static char name[NAMES_NAME_BYTES];
    snprintf(name, sizeof(name), "%s/%u", kind, core);
    return name;
}

static void check_system(unsigned cores)
{
    static const char *const services[] = {"system/init", "system/mem", "system/proc"};
    struct names_entry *entries;
    size_t count;
    char filter[32];
    for (unsigned core = 0; core < cores; core++) {
        for (unsigned i = 0; i < ARRAY_LENGTH(services); i++) {
            struct names_entry entry;
            CHECK_OK(names_wait(name_on(services[i], core), in_a_while(), &entry));
            CHECK(entry.core == core);
        }
        snprintf(filter, sizeof(filter), "core=%u,kind=system", core);
        CHECK_OK(names_list(NULL, filter, &entries, &count));
        CHECK(count == (core == 0 ? 5 : 3));
        free(entries);
    }
}

/// A service on each core, found from here.
static void check_services(unsigned cores)
{
    for (unsigned core = 0; core < cores; core++) {
        struct names_entry entry;
        struct rpc_client *client;
        uint64_t twice;
        const domainid_t pid = start_role_on((coreid_t)core, "serve", name_on("k/serve", core), "", 0);
        CHECK_OK(names_wait(name_on("k/serve", core), in_a_while(), &entry));
        CHECK(entry.core == core && entry.pid == pid);
        CHECK_OK(names_connect(entry.name, &echo_interface, &client));
        for (uint64_t i = 0; i < 20; i++) {
            CHECK_OK(echo_number(client, i, &twice));
            CHECK(twice == 2 * i);
        }
        CHECK_OK(process_kill(pid));
        expect_no_name(entry.name);
        CHECK_ERR(echo_number(client, 1, &twice), RPC_ERR_PEER_GONE);
        rpc_disconnect(client);
    }
}

/// A service of this core, found from each; and one there that calls back.
static void check_called_back(unsigned cores)
{
    CHECK_OK(names_export("k/echo", NULL, &echo_service));
    for (unsigned core = 0; core < cores; core++) {
        nameservice_chan_t chan;
        void *response;
        size_t bytes;
        const domainid_t pid =
            start_role_on((coreid_t)core, "call_back", name_on("k/back", core), "k/echo", 0);
        CHECK_OK(names_wait(name_on("k/back", core), in_a_while(), NULL));
        CHECK_OK(nameservice_lookup(name_on("k/back", core), &chan));
        CHECK_OK(nameservice_rpc(chan, "x", 1, &response, &bytes, NULL_CAP, NULL_CAP));
        CHECK(bytes == sizeof("eight"));
        free(response);
        nameservice_close(chan);
        CHECK_OK(process_kill(pid));
        expect_no_name(name_on("k/back", core));
    }
    CHECK_OK(names_withdraw("k/echo"));
}

/// Watches on each core, of names of this one: role "watch".
static void check_watches(unsigned cores)
{
    for (unsigned core = 0; core < cores; core++) {
        const domainid_t pid =
            start_role_on((coreid_t)core, "watch", name_on("k/watch", core), "k/watched/", 0);
        CHECK_OK(names_wait(name_on("k/watch", core), in_a_while(), NULL));
        CHECK_OK(names_export("k/watched/1", "kind=k", &echo_service));
        CHECK_OK(names_export("k/watched/2", NULL, &echo_service));
        CHECK_OK(names_export("k/watched/3", "kind=k", &echo_service));
        CHECK_OK(names_withdraw("k/watched/1"));
        CHECK_OK(names_withdraw("k/watched/2"));
        CHECK_OK(names_withdraw("k/watched/3"));
        expect_exit(pid);
    }
}

/// Calls that go around through all cores, and come back here.
static void check_circle(unsigned cores)
{
    domainid_t pids[64];
    char own[NAMES_NAME_BYTES], next[NAMES_NAME_BYTES];
    CHECK(cores <= ARRAY_LENGTH(pids));
    register_relay("k/relay/0", cores > 1 ? "k/relay/1" : "k/relay/0");
    for (unsigned core = 1; core < cores; core++) {
        strcpy(own, name_on("k/relay", core));
        strcpy(next, name_on("k/relay", (core + 1) % cores));
        pids[core] = start_role_on((coreid_t)core, "relay", own, next, 0);
    }
    for (unsigned core = 1; core < cores; core++) {
        CHECK_OK(names_wait(name_on("k/relay", core), in_a_while(), NULL));
    }
    expect_the_end("k/relay/0", 2 * cores);
    for (unsigned core = 1; core < cores; core++) {
        CHECK_OK(process_kill(pids[core]));
        expect_no_name(name_on("k/relay", core));
    }
    CHECK_OK(nameservice_deregister("k/relay/0"));
}

/// Services of different cores look each other up at the same time.
static void check_mutual(unsigned cores)
{
    const domainid_t one = start_role_on((coreid_t)(1 % cores), "mutual", "k/one", "k/two", 0);
    const domainid_t two = start_role_on((coreid_t)(2 % cores), "mutual", "k/two", "k/one", 0);
    expect_exit(one);
    expect_exit(two);
}

void test_cores(const struct arguments *arguments)
{
    check_system(arguments->cores);
    check_services(arguments->cores);
    check_called_back(arguments->cores);
    check_circle(arguments->cores);
    check_watches(arguments->cores);
    check_mutual(arguments->cores);
}
