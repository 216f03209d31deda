/**
 * Starts processes and looks at how they end. With `how=churn` many come and go, `calls` of them; `how=crowd`
 * and `how=bomb` are about so many at a time.
 */
#include "processes.h"

#include <aos/aos.h>
#include <interfaces/mem.h>
#include <interfaces/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

domainid_t start(const char *path, const char *a, const char *b, const struct process_options *options)
{
    const char *const argv[] = {path, a, b, NULL};
    domainid_t pid = 0;
    CHECK_OK(process_spawn(path, argv, options, &pid));
    CHECK(pid != 0);
    return pid;
}

void expect_end(domainid_t pid, enum process_reason reason, int exit_code)
{
    struct process_end end;
    char text[96];
    CHECK_OK(process_wait(pid, &end));
    if (end.reason != reason || end.exit_code != exit_code) {
        process_describe_end(&end, text, sizeof(text));
        USER_PANIC("process %u ended otherwise: %s", (unsigned)pid, text);
    }
}

void run_role(const char *role, const char *argument, int exit_code)
{
    expect_end(start(SELF, role, argument, NULL), PROCESS_EXITED, exit_code);
}

void balance_take(struct balance *balance)
{
    static struct rpc_client *mem, *init;
    uint64_t total, quota;
    if (!mem) {
        CHECK_OK(rpc_connect("mem", &mem_interface, &mem));
        CHECK_OK(rpc_connect("test", &test_interface, &init));
    }
    CHECK_OK(process_get_usage(&balance->server));
    CHECK_OK(test_free_memory(init, &balance->init_free));
    CHECK_OK(test_used_slots(init, &balance->init_slots));
    CHECK_OK(
        mem_status(mem, &total, &balance->mem_free, &balance->mem_granted, &quota, &balance->mem_sessions));
}

static bool same(const char *what, uint64_t before, uint64_t after)
{
    if (before != after) {
        printf("processes: %s: %ld before, %ld after\n", what, (long)before, (long)after);
    }
    return before == after;
}

bool balance_is_same(const struct balance *a, const struct balance *b)
{
    bool good = same("processes", a->server.processes, b->server.processes);
    good &= same("calls that wait", a->server.watches, b->server.watches);
    good &= same("capabilities of proc", a->server.capabilities, b->server.capabilities);
    good &= same("slots of proc", a->server.slots, b->server.slots);
    good &= same("memory of proc", (uint64_t)a->server.ram_bytes, (uint64_t)b->server.ram_bytes);
    good &= same("free memory of mem", a->mem_free + a->server.borrowed_bytes,
                 b->mem_free + b->server.borrowed_bytes);
    good &= same("clients of mem", a->mem_sessions, b->mem_sessions);
    good &= same("free memory of init", a->init_free, b->init_free);
    good &= same("slots of init", a->init_slots, b->init_slots);
    return good;
}

static void test_everything(void)
{
    struct balance before = {0}, after;
    for (unsigned round = 0; round < 3; round++) {
        if (round == 2) {
            balance_take(&before); // what is made once has been made
        }
        test_calls();
        test_policy();
        test_together();
    }
    balance_take(&after);
    CHECK(balance_is_same(&before, &after));
}

/// The value of an argument `key=value`, or NULL.
static const char *option(char *argv[], const char *key)
{
    size_t length = strlen(key);
    for (; *argv; argv++) {
        if (strncmp(*argv, key, length) == 0 && (*argv)[length] == '=') {
            return *argv + length + 1;
        }
    }
    return NULL;
}

int main(int argc, char *argv[], char *envp[])
{
    const char *how = option(argv, "how");
    if (!how) {
        return be_child(argc, argv, envp);
    }
    if (strcmp(how, "churn") == 0) {
        test_churn(strtoul(option(argv, "calls"), NULL, 10), (uint32_t)atoi(option(argv, "seed")));
    } else if (strcmp(how, "bomb") == 0) {
        test_bomb((uint32_t)atoi(option(argv, "calls")));
    } else if (strcmp(how, "crowd") == 0) {
        test_crowd((unsigned)atoi(option(argv, "calls")));
    } else {
        test_everything();
    }
    return EXIT_SUCCESS;
}
