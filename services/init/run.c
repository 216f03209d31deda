#include "children.h"
#include "init.h"

#include <aos/aos.h>
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
    static const char *const argv[] = {"hello", "world", NULL};
    static const char *const envp[] = {"TERM=vt100", NULL};

    print_banner();
    struct spawn_request request = {.argv = argv, .envp = envp, .console = true};
    errval_t err = child_start(&hello, &request);
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting hello");
        return 1;
    }
    child_wait(&hello);
    char end[128];
    child_describe_end(&hello, end, sizeof(end));
    printf("init: domain hello ended: %s\n", end);
    child_destroy(&hello);
    for (;;) {
        err = event_dispatch(get_default_waitset());
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "waiting for events");
            return 1;
        }
    }
}
