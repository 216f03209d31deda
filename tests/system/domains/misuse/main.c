/**
 * Arguments: seed=N, calls=N, check=1 (the kernel is checked after every call). Ends with status 0 if the
 * kernel gave nothing but errors, and all memory can be used again.
 */
#include "../arguments.h"
#include "misuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_CALLS  100000
#define CALLS_IN_ARENA 250 ///< Calls until the arena is made anew: later ones would find little in it.

static void must(errval_t err, const char *what)
{
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "%s", what);
    }
}

struct rpc_client *init;

int main(int argc, char *argv[])
{
    uint64_t seed = argument_number(argc, argv, "seed", 1);
    uint64_t calls = argument_number(argc, argv, "calls", DEFAULT_CALLS);
    printf("misuse: seed %lu, %lu calls\n", (unsigned long)seed, (unsigned long)calls);
    random_seed(seed);
    result_checks = argument_number(argc, argv, "check", 0) != 0;
    must(rpc_connect("test", &test_interface, &init), "opening the channel to init");
    must(arena_init(), "making the capabilities to misuse");
    misuse_chosen();
    must(arena_renew(), "after the chosen calls");
    misuse_deletes();
    must(arena_renew(), "after the deletes");
    misuse_dispatchers();
    for (uint64_t done = 0; done < calls; done += CALLS_IN_ARENA) {
        misuse_random(calls - done < CALLS_IN_ARENA ? calls - done : CALLS_IN_ARENA);
        must(arena_renew(), "after random calls");
        must(test_drain(init), "asking init to drain the trace");
    }
    must(arena_destroy(), "at the end");
    return results_print() ? EXIT_SUCCESS : EXIT_FAILURE;
}
