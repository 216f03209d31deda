/**
 * The smallest program: says who and where it is. `hello arguments ...` also says what it was started with.
 */
#include <aos/dispatch.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[], char *envp[])
{
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
