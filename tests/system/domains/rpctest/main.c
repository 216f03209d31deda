/**
 * Remote procedure calls between domains: what clients and services can rely on.
 *
 * Arguments: how=GROUP, only that one, and all but `longest` without it; how=ump or how=ump:GROUP, the same
 * over UMP; seed=N. role=flood and role=die are what helpers do.
 */
#include "../arguments.h"
#include "rpctest.h"

#include <aos/process.h>
#include <interfaces/monitor.h>
#include <stdio.h>

#define TEXT_BYTES     64
#define PAIR_RAM_BYTES 0x14000000UL ///< For a client, its helpers and its servers.

uint32_t seed = 1;
bool over_ump;
int server_core = -1;

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"shapes", test_shapes},       {"threads", test_threads}, {"deferred", test_deferred},
    {"deadlines", test_deadlines}, {"ends", test_ends},       {"misbehaviour", test_misbehaviour},
    {"longest", test_longest},     {"circles", test_circles}, // the last: its thread goes on serving
};

/// The same in children on every core, with servers on every other one, one after the other.
static int run_pairs(const char *group)
{
    struct rpc_client *monitor;
    uint64_t running;
    CHECK_OK(rpc_init_channel(&monitor));
    CHECK_OK(monitor_cores(monitor, &running));
    unsigned pairs = 0;
    for (coreid_t client = 0; running >> client; client++) {
        for (coreid_t server = 0; running >> server; server++) {
            if (client == server || !(running >> client & 1) || !(running >> server & 1)) {
                continue;
            }
            char how[TEXT_BYTES];
            snprintf(how, sizeof(how), "how=ump%u%s", (unsigned)server, group);
            const char *const argv[] = {"rpctest", how, NULL};
            const struct process_options options = {.core = client, .ram_bytes = PAIR_RAM_BYTES};
            struct process_end end;
            domainid_t pid;
            CHECK_OK(process_spawn("rpctest", argv, &options, &pid));
            CHECK_OK(process_wait(pid, &end));
            CHECK(end.reason == PROCESS_EXITED && end.exit_code == EXIT_SUCCESS);
            pairs++;
        }
    }
    printf("rpctest: %u pairs of cores\n", pairs);
    return pairs ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    const char *how = argument(argc, argv, "how"), *role = argument(argc, argv, "role");
    seed = (uint32_t)argument_number(argc, argv, "seed", 1);
    if (strncmp(how, "ump", 3) == 0) {
        over_ump = true;
        how += 3;
        if (*how >= '0' && *how <= '9') {
            server_core = (int)strtol(how, (char **)&how, 10);
        }
        how += *how == ':';
    }
    if (strcmp(role, "flood") == 0) {
        flood(argument(argc, argv, "service"));
    }
    if (strcmp(role, "die") == 0) {
        die_calling(argument(argc, argv, "service"));
    }
    if (strncmp(how, "pairs", 5) == 0) {
        return run_pairs(how + 5);
    }
    bool ran = false;
    for (unsigned i = 0; i < ARRAY_LENGTH(groups); i++) {
        if (server_core >= 0 && !*how && strcmp(groups[i].name, "circles") == 0) {
            continue; // endpoints do not go to other cores
        }
        if (strcmp(how, groups[i].name) != 0 && (*how || strcmp(groups[i].name, "longest") == 0)) {
            continue;
        }
        groups[i].run();
        check_kernel();
        printf("rpctest: %s: all checks hold%s\n", groups[i].name, server_core < 0 ? "" : " across");
        ran = true;
    }
    return ran ? EXIT_SUCCESS : EXIT_FAILURE;
}
