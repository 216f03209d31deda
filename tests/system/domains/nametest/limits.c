/*
 * What no client may do to the name server: each is refused with an error that says why, and nothing else
 * happens.
 */
#include "parts.h"

#include <aos/clock.h>
#include <aos/threads.h>
#include <echo/service.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rpc_client *names; ///< A channel of the test's own, to say what the library would not.

static void check_texts(void)
{
    static const char *const bad_names[] = {"", " ", "a b", "a\n", "\x80", "\xff\xfe", "tab\t", "\x7f"};
    static const char *const bad_properties[] = {"a",      "=",      "a=b,",  ",a=b",  "a=b,a=c",
                                                 "A=b",    "a=b c",  "core=", "pid=1", "a b=c",
                                                 "a=\x01", "core=0", "a==,,"};
    char text[NAMES_PROPERTY_BYTES + 1];
    char *records;
    struct names_entry entry;
    for (unsigned i = 0; i < ARRAY_LENGTH(bad_names); i++) {
        CHECK_ERR(names_enter(names, bad_names[i], "", 1), NAMES_ERR_NAME);
        CHECK_ERR(names_export(bad_names[i], NULL, &echo_service), NAMES_ERR_NAME);
        CHECK_ERR(names_wait(bad_names[i], CLOCK_NEVER, NULL), NAMES_ERR_NAME);
        CHECK_ERR(names_lookup(bad_names[i], &entry), NAMES_ERR_NO_NAME);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(bad_properties); i++) {
        CHECK_ERR(names_enter(names, "l/x", bad_properties[i], 1), NAMES_ERR_PROPERTIES);
    }
    memset(text, 'a', sizeof(text));
    text[NAMES_NAME_BYTES] = 0;
    CHECK_ERR(names_enter(names, text, "", 1), NAMES_ERR_NAME);
    CHECK_ERR(names_export(text, NULL, &echo_service), NAMES_ERR_NAME);
    text[NAMES_NAME_BYTES - 1] = 0;
    CHECK_OK(names_enter(names, text, "", 1));
    CHECK_OK(names_leave(names, text));
    memset(text, 'a', sizeof(text));
    text[1] = '=';
    text[NAMES_PROPERTY_BYTES] = 0;
    CHECK_ERR(names_enter(names, "l/x", text, 1), NAMES_ERR_PROPERTIES);
    text[NAMES_PROPERTY_BYTES - 1] = 0;
    CHECK_OK(names_enter(names, "l/x", text, 1));
    CHECK_OK(names_describe("l/x", &entry));
    CHECK(strcmp(entry.properties, text) == 0);
    CHECK_OK(names_enter(names, "l/x", text, 1)); // the same again
    CHECK_ERR(names_enter(names, "l/x", text, 2), NAMES_ERR_TAKEN);
    CHECK_OK(names_leave(names, "l/x"));
    // More than a call may bring.
    records = malloc(100000);
    CHECK(records);
    memset(records, 'a', 99999);
    records[99999] = 0;
    CHECK_ERR(names_enter(names, records, "", 1), RPC_ERR_TOO_LONG);
    CHECK_ERR(names_enter(names, "l/x", records, 1), RPC_ERR_TOO_LONG);
    free(records);
}

static void check_owners(void)
{
    struct rpc_client *other;
    CHECK_ERR(names_leave(names, "system/mem/0"), NAMES_ERR_NOT_OWNER);
    CHECK_ERR(names_enter(names, "system/anything", "", 1), NAMES_ERR_RESERVED);
    CHECK_ERR(names_leave(names, "l/nobody"), NAMES_ERR_NO_NAME);
    CHECK_ERR(names_enter(names, "l/x", "", 0), SYS_ERR_INVALID_ARGUMENT);
    const domainid_t pid = start_role("serve", "l/other", "", 0);
    CHECK_OK(names_wait("l/other", in_a_while(), NULL));
    CHECK_ERR(names_leave(names, "l/other"), NAMES_ERR_NOT_OWNER);
    CHECK_ERR(names_enter(names, "l/other", "", 1), NAMES_ERR_TAKEN);
    // Who it is that offers a service is in its name at the monitor.
    char name[NAMES_SERVICE_BYTES];
    snprintf(name, sizeof(name), "@%u.7", (unsigned)pid);
    CHECK_ERR(rpc_export(name, &echo_service), RPC_ERR_NOT_ALLOWED);
    CHECK_ERR(rpc_export("@", &echo_service), RPC_ERR_NOT_ALLOWED);
    CHECK_OK(process_kill(pid));
    expect_no_name("l/other");
    // A session's names go with it, while the domain stays.
    CHECK_OK(rpc_connect("names", &names_interface, &other));
    CHECK_OK(names_enter(other, "l/x", "", 1));
    rpc_disconnect(other);
    expect_no_name("l/x");
}

static void check_names(void)
{
    const struct holding before = take_holding();
    struct names_entry *entries;
    size_t count;
    char name[NAMES_NAME_BYTES];
    errval_t err = SYS_ERR_OK;
    unsigned entered = 0;
    while (err_is_ok(err)) {
        // Not in their order.
        snprintf(name, sizeof(name), "l/%05u", entered * 7919 % 100003);
        err = names_enter(names, name, entered % 16 == 0 ? "kind=rare" : "kind=usual,a=b", 1);
        entered += err_is_ok(err);
    }
    CHECK_ERR(err, NAMES_ERR_LIMIT);
    CHECK(entered == NAMES_DOMAIN_NAMES);
    CHECK_OK(names_list("l/", "kind=rare", &entries, &count));
    CHECK(count == NAMES_DOMAIN_NAMES / 16);
    for (size_t i = 1; i < count; i++) {
        CHECK(strcmp(entries[i - 1].name, entries[i].name) < 0);
    }
    free(entries);
    rpc_disconnect(names); // and with it the names
    CHECK_OK(rpc_connect("names", &names_interface, &names));
    expect_holding(&before);
}

static void check_sessions(void)
{
    struct rpc_client *clients[NAMES_DOMAIN_SESSIONS], *one_more;
    unsigned open = 0;
    errval_t err = SYS_ERR_OK;
    while (open < NAMES_DOMAIN_SESSIONS && err_is_ok(err)) {
        err = rpc_connect("names", &names_interface, &clients[open]);
        open += err_is_ok(err);
    }
    CHECK_ERR(err, NAMES_ERR_LIMIT); // there are some already
    rpc_disconnect(clients[--open]);
    CHECK_OK(rpc_connect("names", &names_interface, &one_more));
    rpc_disconnect(one_more);
    while (open > 0) {
        rpc_disconnect(clients[--open]);
    }
}

static int wait_in_vain(void *client)
{
    uint32_t core, pid, instance;
    CHECK_ERR(names_await(client, "l/never", &core, &pid, &instance), RPC_ERR_PEER_GONE);
    return 0;
}

static void check_waits(void)
{
    struct rpc_client *clients[NAMES_DOMAIN_WAITS / 8];
    struct thread *threads[NAMES_DOMAIN_WAITS];
    const struct holding before = take_holding();
    // Those that were given up do not count.
    for (unsigned i = 0; i < 2 * NAMES_DOMAIN_WAITS; i++) {
        CHECK_ERR(names_wait("l/never", clock_now_us() + 50, NULL), RPC_ERR_DEADLINE);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(clients); i++) {
        CHECK_OK(rpc_connect("names", &names_interface, &clients[i]));
    }
    // A call that was given up is kept until its session's next one.
    const unsigned room = NAMES_DOMAIN_WAITS - (unsigned)(take_holding().waits - before.waits);
    for (unsigned i = 0; i < room; i++) {
        CHECK_OK(thread_create(wait_in_vain, clients[i / 8], &threads[i]));
    }
    const uint64_t until = in_a_while();
    while (take_holding().waits - before.waits != NAMES_DOMAIN_WAITS && clock_now_us() < until) {
        thread_sleep_us(500);
    }
    uint32_t core, pid, instance;
    CHECK_ERR(names_await(names, "l/never", &core, &pid, &instance), NAMES_ERR_LIMIT);
    CHECK_OK(test_restart_names());
    for (unsigned i = 0; i < room; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(clients); i++) {
        rpc_disconnect(clients[i]);
    }
    rpc_disconnect(names);
    CHECK_OK(rpc_connect("names", &names_interface, &names));
}

/// What a watch was told that is not served.
static struct {
    unsigned events;
    volatile bool has_ended;
} deaf;

static void note(void *context, enum names_event event, const char *name)
{
    (void)context;
    (void)name;
    CHECK(!deaf.has_ended);
    deaf.events += event != NAMES_WATCH_ENDED;
    deaf.has_ended = event == NAMES_WATCH_ENDED;
}

static void ignore(void *context, enum names_event event, const char *name)
{
    (void)context;
    (void)event;
    (void)name;
}

/// Before anything of this domain is exported, so that it serves when it says so only.
static void check_watches(void)
{
    const struct holding before = take_holding();
    struct names_watch *watches[NAMES_DOMAIN_WATCHES];
    char name[NAMES_NAME_BYTES];
    CHECK_ERR(names_watch("a b", NULL, ignore, NULL, NULL), NAMES_ERR_NAME);
    CHECK_ERR(names_watch(NULL, "core", ignore, NULL, NULL), NAMES_ERR_PROPERTIES);
    for (unsigned i = 0; i < ARRAY_LENGTH(watches); i++) {
        CHECK_OK(names_watch("l/watched/", NULL, i == 0 ? note : ignore, NULL, &watches[i]));
    }
    CHECK_ERR(names_watch(NULL, NULL, ignore, NULL, NULL), NAMES_ERR_LIMIT);
    for (unsigned i = 1; i < ARRAY_LENGTH(watches); i++) {
        names_unwatch(watches[i]);
    }
    for (unsigned i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "l/watched/%u", i);
        CHECK_OK(names_enter(names, name, "", 1));
    }
    CHECK(deaf.events == 0);
    rpc_serve_until(&deaf.has_ended);
    CHECK(deaf.events > 0 && deaf.events < 40); // as many as its ring holds, and the last word
    for (unsigned i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "l/watched/%u", i);
        CHECK_OK(names_leave(names, name));
    }
    const struct holding after = take_holding();
    CHECK(after.watches == before.watches);
}

void test_limits(const struct arguments *arguments)
{
    (void)arguments;
    CHECK_OK(rpc_connect("names", &names_interface, &names));
    CHECK_OK(nameservice_enumerate("", &(size_t){0}, NULL)); // the library has its channel
    check_watches();
    check_texts();
    check_owners();
    check_names();
    check_sessions();
    check_waits();
}
