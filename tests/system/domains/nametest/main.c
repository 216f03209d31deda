/**
 * Names of services (docs/names.md), in parts: how=api, limits, ends, circles, restart, storm, cores.
 *
 * Arguments: how=PART, seed=N, calls=N, check=N (the machine's cores). The processes that a part starts are
 * this program with role=NAME.
 */
#include "parts.h"

#include "../arguments.h"

#include <stdio.h>

static const struct {
    const char *name;
    void (*run)(const struct arguments *arguments);
} parts[] = {
    {"api", test_api},         {"limits", test_limits}, {"ends", test_ends},   {"circles", test_circles},
    {"restart", test_restart}, {"storm", test_storm},   {"cores", test_cores},
};

int main(int argc, char *argv[])
{
    const struct arguments arguments = {
        .seed = argument_number(argc, argv, "seed", 1),
        .calls = argument_number(argc, argv, "calls", 0),
        .cores = (unsigned)argument_number(argc, argv, "check", 1),
    };
    const char *role = argument(argc, argv, "role");
    if (role[0]) {
        return play_role(role, argument(argc, argv, "own"), argument(argc, argv, "other"), arguments.seed);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (strcmp(parts[i].name, argument(argc, argv, "how")) == 0) {
            parts[i].run(&arguments);
            printf("nametest: %s is as it should be\n", parts[i].name);
            return EXIT_SUCCESS;
        }
    }
    printf("nametest: how=?\n");
    return EXIT_FAILURE;
}
