/*
 * Every function, with one domain: the services are the test's own.
 */
#include "parts.h"

#include <aos/clock.h>
#include <aos/threads.h>
#include <echo/service.h>
#include <interfaces/echo.h>
#include <interfaces/message.h>

#include <stdlib.h>
#include <string.h>

/// The system's own services are there without having said so themselves.
static void check_system(void)
{
    static const char *const expected[] = {"system/init/0", "system/mem/0", "system/names/0", "system/proc/0",
                                           "system/serial/0"};
    struct names_entry *entries, entry;
    size_t count;
    // Names of its own are told by init, which does not wait for anybody.
    CHECK_OK(names_wait("system/names/0", in_a_while(), NULL));
    CHECK_OK(names_list("system/", "kind=system,core=0", &entries, &count));
    CHECK(count == ARRAY_LENGTH(expected));
    for (size_t i = 0; i < count; i++) {
        CHECK(strcmp(entries[i].name, expected[i]) == 0);
        CHECK(entries[i].pid && entries[i].core == 0);
        CHECK(strcmp(entries[i].properties, "kind=system") == 0);
    }
    free(entries);
    CHECK_OK(names_list(NULL, "core=1", &entries, &count));
    CHECK(count == 0 && !entries);
    CHECK_ERR(names_export("system/mem/1", NULL, &echo_service), NAMES_ERR_RESERVED);
    struct rpc_client *client;
    CHECK_ERR(names_connect("system/mem/0", &echo_interface, &client), RPC_ERR_INTERFACE);
    CHECK_OK(names_describe("system/proc/0", &entry));
    CHECK(strcmp(entry.service, "proc") == 0);
}

/// A service with an interface file, looked up and called by the domain that offers it and does not serve.
static void check_typed(void)
{
    struct rpc_client *client;
    struct names_entry entry;
    uint64_t twice;
    CHECK_ERR(names_connect("test/echo", &echo_interface, &client), NAMES_ERR_NO_NAME);
    CHECK_OK(names_export("test/echo", "kind=echo,size=small", &echo_service));
    CHECK_ERR(names_export("test/echo", NULL, &echo_service), NAMES_ERR_TAKEN);
    CHECK_OK(names_export("test/other", "kind=echo,size=large", &echo_service));
    CHECK_OK(names_describe("test/echo", &entry));
    CHECK(strcmp(entry.name, "test/echo") == 0 && strcmp(entry.properties, "kind=echo,size=small") == 0);
    CHECK(entry.core == disp_get_core_id() && entry.pid == disp_get_domain_id());
    CHECK_ERR(names_connect("test/echo", &message_interface, &client), RPC_ERR_INTERFACE);
    CHECK_OK(names_connect("test/echo", &echo_interface, &client));
    CHECK_OK(echo_number(client, 21, &twice));
    CHECK(twice == 42);
    CHECK_OK(names_withdraw("test/other"));
    CHECK_ERR(names_withdraw("test/other"), NAMES_ERR_NO_NAME);
    CHECK_OK(names_withdraw("test/echo"));
    CHECK_OK(echo_number(client, 4, &twice)); // the channel stays
    rpc_disconnect(client);
    CHECK_ERR(names_lookup("test/echo", &entry), NAMES_ERR_NO_NAME);
}

/// \param expected the names, with a space behind each
static void check_names(const char *query, const char *properties, const char *expected)
{
    char *result[8], all[200] = "";
    size_t count = ARRAY_LENGTH(result);
    CHECK_OK(nameservice_enumerate_properties(query, properties, &count, result));
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(all, result[i]), " ");
        free(result[i]);
    }
    CHECK(strcmp(all, expected) == 0);
}

/// The source documents' interface.
static void check_handlers(void)
{
    nameservice_chan_t first, second;
    char *result[2];
    size_t count = ARRAY_LENGTH(result);
    CHECK_OK(nameservice_register("test/b", answer_greeting, "b"));
    CHECK_OK(nameservice_register_properties("test/a", answer_greeting, "a", "kind=greeter"));
    CHECK_ERR(nameservice_register("test/a", answer_greeting, "c"), NAMES_ERR_TAKEN);
    CHECK_OK(nameservice_register("test/aa", answer_greeting, "aa"));
    CHECK_OK(nameservice_lookup("test/a", &first));
    CHECK_OK(nameservice_lookup("test/b", &second));
    expect_greeting(first, "a");
    expect_greeting(second, "b");
    check_names("test/", NULL, "test/a test/aa test/b ");
    check_names("test/a", "", "test/a test/aa ");
    check_names("", "kind=greeter,core=0", "test/a ");
    check_names("test/b", "kind=greeter", "");
    CHECK_OK(nameservice_enumerate("test/", &count, result));
    CHECK(count == 2); // there is no more room
    free(result[0]);
    free(result[1]);
    CHECK_OK(nameservice_deregister("test/a"));
    CHECK_ERR(nameservice_deregister("test/a"), NAMES_ERR_NO_NAME);
    void *response;
    size_t bytes;
    CHECK_ERR(nameservice_rpc(first, "x", 2, &response, &bytes, NULL_CAP, NULL_CAP), NAMES_ERR_NO_NAME);
    CHECK_OK(nameservice_register("test/a", answer_greeting, "again"));
    nameservice_close(first);
    CHECK_OK(nameservice_lookup("test/a", &first));
    expect_greeting(first, "again");
    nameservice_close(first);
    nameservice_close(second);
    CHECK_OK(nameservice_deregister("test/a"));
    CHECK_OK(nameservice_deregister("test/aa"));
    CHECK_OK(nameservice_deregister("test/b"));
}

/// What a handler of messages with capabilities has seen.
static struct {
    size_t messages, caps, bytes;
    struct capref frame; ///< What it answers with.
} seen;

static void take_anything(void *st, void *message, size_t bytes, void **response, size_t *response_bytes,
                          struct capref rx_cap, struct capref *tx_cap)
{
    (void)st;
    (void)message;
    seen.messages++;
    seen.bytes += bytes;
    if (!capref_is_null(rx_cap)) {
        struct capability_info info;
        CHECK_OK(cap_identify(rx_cap, &info));
        CHECK(info.type == ObjType_Frame);
        cap_destroy(rx_cap);
        seen.caps++;
        *tx_cap = seen.frame;
    }
    CHECK(!*response && *response_bytes == 0);
}

static void check_messages(void)
{
    static char large[20000];
    nameservice_chan_t chan;
    struct capref given, taken, empty;
    struct capability_info frame, back;
    void *response;
    size_t bytes;
    CHECK_OK(frame_alloc(&given, BASE_PAGE_SIZE, NULL));
    CHECK_OK(frame_alloc(&seen.frame, BASE_PAGE_SIZE, NULL));
    CHECK_OK(slot_alloc(&taken));
    CHECK_OK(slot_alloc(&empty));
    CHECK_OK(nameservice_register("test/any", take_anything, NULL));
    CHECK_OK(nameservice_lookup("test/any", &chan));
    CHECK_OK(nameservice_rpc(chan, "", 0, &response, &bytes, NULL_CAP, empty));
    CHECK(!response && bytes == 0);
    CHECK_ERR(cap_identify(empty, &back), SYS_ERR_CAP_NOT_FOUND);
    CHECK_OK(nameservice_rpc(chan, large, sizeof(large), &response, &bytes, given, taken));
    CHECK(seen.caps == 1 && seen.bytes == sizeof(large));
    CHECK_OK(cap_identify(seen.frame, &frame));
    CHECK_OK(cap_identify(taken, &back));
    CHECK(back.base == frame.base && back.type == ObjType_Frame);
    // Without a response: short and long, with a capability, and one that nobody fetches.
    CHECK_OK(nameservice_rpc(chan, large, 40, NULL, NULL, NULL_CAP, NULL_CAP));
    CHECK_OK(nameservice_rpc(chan, large, sizeof(large), NULL, NULL, NULL_CAP, NULL_CAP));
    for (unsigned i = 0; i < 3 * MESSAGE_KEPT_CAPS; i++) {
        CHECK_OK(nameservice_rpc(chan, large, 1, NULL, NULL, given, NULL_CAP));
    }
    CHECK_OK(cap_identify(given, &back)); // it was copied
    for (unsigned i = 0; i < 100; i++) {
        CHECK_OK(nameservice_rpc(chan, large, 8, NULL, NULL, NULL_CAP, NULL_CAP));
    }
    CHECK_OK(nameservice_rpc(chan, large, 1, &response, &bytes, NULL_CAP, NULL_CAP));
    CHECK(seen.messages == 2 + 2 + 3 * MESSAGE_KEPT_CAPS + 100 + 1);
    CHECK_OK(nameservice_deregister("test/any"));
    nameservice_close(chan);
    CHECK_OK(cap_destroy(given));
    CHECK_OK(cap_destroy(taken));
    CHECK_OK(cap_destroy(seen.frame));
    CHECK_OK(slot_free(empty));
}

static int export_later(void *name)
{
    thread_sleep_us(2000);
    CHECK_OK(nameservice_register(name, answer_greeting, "late"));
    return 0;
}

static void check_waits(void)
{
    struct names_entry entry;
    struct thread *thread;
    const uint64_t begin = clock_now_us();
    CHECK_ERR(names_wait("test/never", begin + 3000, &entry), RPC_ERR_DEADLINE);
    CHECK(clock_now_us() >= begin + 3000);
    CHECK_OK(thread_create(export_later, "test/late", &thread));
    CHECK_OK(names_wait("test/late", in_a_while(), &entry));
    CHECK(strcmp(entry.name, "test/late") == 0 && entry.pid == disp_get_domain_id());
    CHECK_OK(names_wait("test/late", in_a_while(), &entry)); // it is there
    CHECK_OK(thread_join(thread, NULL));
    CHECK_OK(nameservice_deregister("test/late"));
}

/// What a watch was told: letters, and the length of the names.
static struct {
    char events[16];
    unsigned count;
} told;

static void note(void *context, enum names_event event, const char *name)
{
    CHECK(context == &told && told.count < sizeof(told.events) - 1);
    CHECK((name == NULL) == (event == NAMES_WATCH_ENDED));
    told.events[told.count++] = event == NAMES_CAME ? '+' : event == NAMES_WENT ? '-' : 'x';
    if (name) {
        told.events[told.count++] = name[strlen(name) - 1];
    }
}

static void expect_told(const char *events)
{
    const uint64_t until = in_a_while();
    while (strcmp(told.events, events) != 0 && clock_now_us() < until) {
        thread_sleep_us(200);
    }
    CHECK(strcmp(told.events, events) == 0);
}

static void check_watches(void)
{
    struct names_watch *watch;
    CHECK_OK(names_watch("test/", "kind=k", note, &told, &watch));
    CHECK_OK(names_export("test/1", "kind=k", &echo_service));
    CHECK_OK(names_export("test/2", "kind=other", &echo_service));
    CHECK_OK(names_export("tes/3", "kind=k", &echo_service));
    CHECK_OK(names_export("test/4", "a=b,kind=k", &echo_service));
    CHECK_OK(names_withdraw("test/1"));
    CHECK_OK(names_withdraw("test/2"));
    expect_told("+1+4-1");
    names_unwatch(watch);
    expect_told("+1+4-1x");
    CHECK_OK(names_withdraw("test/4"));
    CHECK_OK(names_withdraw("tes/3"));
    expect_told("+1+4-1x");
}

void test_api(const struct arguments *arguments)
{
    (void)arguments;
    check_system();
    check_typed();
    check_handlers();
    check_messages();
    check_waits();
    check_watches();
    // Nothing is left.
    struct names_entry *entries;
    size_t count;
    CHECK_OK(names_list("te", NULL, &entries, &count));
    CHECK(count == 0);
}
