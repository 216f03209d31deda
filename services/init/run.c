#include "children.h"
#include "init.h"
#include "services.h"

#include <aos/aos.h>
#include <aos/rpc_server.h>
#include <stdio.h>

static void print_banner(void)
{
    const struct bootinfo *info = bootinfo_get();
    printf("Lanternfish on %s, core %u of %u, %lu MiB of RAM free\n", info->platform, (unsigned)info->core,
           (unsigned)info->cores, (unsigned long)(ram_alloc_free_bytes() >> 20));
    printf("domains in the image:");
    for (uint32_t i = 0; i < info->module_count; i++) {
        printf(" %s", info->modules[i].name);
    }
    printf("\n");
}

unsigned init_run_services(void)
{
    static struct child hello = {.name = "hello"};
    static const char *const argv[] = {"hello", "arguments", "world", NULL};
    static const char *const envp[] = {"TERM=vt100", NULL};
    static const volatile bool is_over; // never

    print_banner();
    errval_t err = services_start();
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting the services");
        return 1;
    }
    struct spawn_request request = {.argv = argv, .envp = envp};
    err = child_start(&hello, &request);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting hello");
        return 1;
    }
    child_wait(&hello);
    char end[128];
    child_describe_end(&hello, end, sizeof(end));
    printf("init: domain hello ended: %s\n", end);
    child_destroy(&hello);
    rpc_serve_until(&is_over);
    return 0;
}
