/**
 * Remote procedure calls between domains: what clients and services can rely on.
 *
 * Arguments: how=GROUP, only that one, and all but `longest` without it; how=ump or how=ump:GROUP, the same over
 * UMP; seed=N. role=flood and role=die are
 * what helpers do.
 */
#include "../arguments.h"
#include "rpctest.h"

#include <stdio.h>

uint32_t seed = 1;
bool over_ump;

static const struct {
    const char *name;
    void (*run)(void);
} groups[] = {
    {"shapes", test_shapes},       {"threads", test_threads}, {"deferred", test_deferred},
    {"deadlines", test_deadlines}, {"ends", test_ends},       {"misbehaviour", test_misbehaviour},
    {"longest", test_longest},     {"circles", test_circles}, // the last: its thread goes on serving
};

int main(int argc, char *argv[])
{
    const char *how = argument(argc, argv, "how"), *role = argument(argc, argv, "role");
    seed = (uint32_t)argument_number(argc, argv, "seed", 1);
    over_ump = strcmp(argument(argc, argv, "over"), "ump") == 0;
    if (strcmp(role, "flood") == 0) {
        flood(argument(argc, argv, "service"));
    }
    if (strcmp(role, "die") == 0) {
        die_calling(argument(argc, argv, "service"));
    }
    if (strncmp(how, "ump", 3) == 0) {
        over_ump = true;
        how += how[3] == ':' ? 4 : 3;
    }
    bool ran = false;
    for (unsigned i = 0; i < ARRAY_LENGTH(groups); i++) {
        if (strcmp(how, groups[i].name) != 0 && (*how || strcmp(groups[i].name, "longest") == 0)) {
            continue;
        }
        groups[i].run();
        check_kernel();
        printf("rpctest: %s: all checks hold\n", groups[i].name);
        ran = true;
    }
    return ran ? EXIT_SUCCESS : EXIT_FAILURE;
}
