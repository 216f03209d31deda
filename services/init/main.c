/**
 * The first domain: has all memory, all boot modules and all rights, and starts the others.
 */
#include "children.h"
#include "init.h"
#include "monitor.h"

#include <aos/aos.h>
#include <aos/kernel.h>
#include <boot.h>
#include <process/announce.h>
#include <stdio.h>
#include <string.h>
#include <trace/trace.h>

#define STATUS_COMMAND_LINE 2

static unsigned run(const struct command_line *line)
{
    switch (line->mode) {
    case INIT_MODE_BENCH:
        return init_run_benches(line);
    case INIT_MODE_TEST:
        return init_run_test(line);
    default:
        return init_run_services();
    }
}

/// Everything that was traced and printed goes out before the machine stops.
static _Noreturn void power_off(unsigned status)
{
    fflush(stdout);
    kernel_drain_trace();
    errval_t err = kernel_power_off(status);
    USER_PANIC_ERR(err, "switching the machine off");
}

int main(void)
{
    static struct command_line line;
    const char *bad_word = "";

    boot_note("init");
    domain_announce(disp_get_number(), disp_name(), disp_get_domain_id());
    trace_bench_free_memory(ram_alloc_free_bytes());
    if (ram_alloc_free_bytes() == 0) {
        printf("init: %s\n", err_getstring(INIT_ERR_BOOT_MEMORY));
        power_off(1);
    }
    const struct bootinfo *info = bootinfo_get();
    errval_t err = command_line_read(info->command_line, sizeof(info->command_line), &line, &bad_word);
    if (err_is_fail(err)) {
        printf("init: %s: '%s'\n", err_getstring(err), bad_word);
        power_off(STATUS_COMMAND_LINE);
    }
    monitor_init();
    err = children_init();
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "preparing for children");
        power_off(1);
    }
    power_off(run(&line));
}
