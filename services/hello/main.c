/**
 * The smallest program: says who and where it is. `hello arguments ...` also says what it was started with.
 *
 * For those who measure, `hello clock` says nothing, and ends with the lower half of the cycle counter at the
 * beginning of main(); `hello memory` with the bytes that it has left of the RAM it was granted.
 */
#include <aos/cycles.h>
#include <aos/dispatch.h>
#include <aos/ram_alloc.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[], char *envp[])
{
    const uint64_t begin = cycle_count();
    if (argc == 2 && strcmp(argv[1], "clock") == 0) {
        return (int)(uint32_t)begin;
    }
    if (argc == 2 && strcmp(argv[1], "memory") == 0) {
        return (int)(ram_alloc_free_bytes() - ram_alloc_borrowed_bytes());
    }
    printf("hello from domain %u on core %u\n", (unsigned)disp_get_domain_id(), (unsigned)disp_get_core_id());
    if (argc < 2 || strcmp(argv[1], "arguments") != 0) {
        return 0;
    }
    for (int i = 0; i < argc; i++) {
        printf("  argument %d: %s\n", i, argv[i]);
    }
    for (int i = 0; envp[i]; i++) {
        printf("  environment: %s\n", envp[i]);
    }
    return 0;
}
