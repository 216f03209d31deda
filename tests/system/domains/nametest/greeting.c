#include "parts.h"

#include <aos/clock.h>
#include <aos/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAP_US 500

uint64_t in_a_while(void)
{
    return clock_now_us() + LONG_US;
}

_Noreturn void fault(void)
{
    static volatile uintptr_t address = FAULT_ADDRESS; // which the compiler does not see
    *(volatile int *)address = 1;
    stay_for_ever();
}

_Noreturn void stay_for_ever(void)
{
    for (;;) {
        thread_sleep_us(LONG_US);
    }
}

void answer_greeting(void *st, void *message, size_t bytes, void **response, size_t *response_bytes,
                     struct capref rx_cap, struct capref *tx_cap)
{
    (void)tx_cap;
    CHECK(capref_is_null(rx_cap));
    CHECK(bytes && ((const char *)message)[bytes - 1] == 0);
    *response_bytes = strlen(st) + strlen(": ") + bytes;
    *response = malloc(*response_bytes);
    CHECK(*response);
    snprintf(*response, *response_bytes, "%s: %s", (const char *)st, (const char *)message);
}

void expect_greeting(nameservice_chan_t chan, const char *st)
{
    static const char text[] = "good morning";
    char expected[sizeof(text) + NAMES_NAME_BYTES];
    void *response;
    size_t bytes;
    snprintf(expected, sizeof(expected), "%s: %s", st, text);
    CHECK_OK(nameservice_rpc(chan, (void *)text, sizeof(text), &response, &bytes, NULL_CAP, NULL_CAP));
    CHECK(bytes == strlen(expected) + 1 && strcmp(response, expected) == 0);
    free(response);
}

struct holding take_holding(void)
{
    static struct rpc_client *names;
    struct holding now;
    if (names && names->gone) {
        rpc_disconnect(names);
        names = NULL;
    }
    if (!names) {
        CHECK_OK(rpc_connect("names", &names_interface, &names));
    }
    CHECK_OK(names_usage(names, &now.names, &now.waits, &now.watches, &now.sessions, &now.ram_bytes));
    return now;
}

void expect_holding(const struct holding *before)
{
    const uint64_t until = in_a_while();
    struct holding now;
    do {
        thread_sleep_us(NAP_US);
        now = take_holding();
    } while ((now.names != before->names || now.waits != before->waits || now.watches != before->watches
              || now.sessions != before->sessions)
             && clock_now_us() < until);
    if (now.names != before->names || now.waits != before->waits || now.watches != before->watches
        || now.sessions != before->sessions) {
        USER_PANIC("%ld names, %ld waits, %ld watches, %ld sessions more", (long)(now.names - before->names),
                   (long)(now.waits - before->waits), (long)(now.watches - before->watches),
                   (long)(now.sessions - before->sessions));
    }
}

domainid_t start_role(const char *role, const char *own, const char *other, uint64_t seed)
{
    return start_role_on(disp_get_core_id(), role, own, other, seed);
}

domainid_t start_role_on(coreid_t core, const char *role, const char *own, const char *other, uint64_t seed)
{
    const struct process_options options = {.core = core};
    char role_word[32], own_word[NAMES_NAME_BYTES + 8], other_word[NAMES_NAME_BYTES + 8], seed_word[32];
    const char *const argv[] = {"nametest", role_word, own_word, other_word, seed_word, NULL};
    domainid_t pid;
    snprintf(role_word, sizeof(role_word), "role=%s", role);
    snprintf(own_word, sizeof(own_word), "own=%s", own);
    snprintf(other_word, sizeof(other_word), "other=%s", other);
    snprintf(seed_word, sizeof(seed_word), "seed=%lu", (unsigned long)seed);
    CHECK_OK(process_spawn("nametest", argv, &options, &pid));
    return pid;
}

void expect_exit(domainid_t pid)
{
    struct process_end end;
    CHECK_OK(process_wait(pid, &end));
    if (end.reason != PROCESS_EXITED || end.exit_code != 0) {
        char text[100];
        process_describe_end(&end, text, sizeof(text));
        USER_PANIC("process %u ended: %s", (unsigned)pid, text);
    }
}

void expect_no_name(const char *name)
{
    struct names_entry entry;
    const uint64_t until = in_a_while();
    errval_t err;
    while (err_is_ok(err = names_lookup(name, &entry)) && clock_now_us() < until) {
        thread_sleep_us(NAP_US);
    }
    CHECK_ERR(err, NAMES_ERR_NO_NAME);
}
