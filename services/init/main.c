/**
 * The first domain: has all memory, all boot modules and all rights, and starts the others.
 */
#include "children.h"
#include "core_console.h"
#include "core_test.h"
#include "cores.h"
#include "init.h"
#include "monitor.h"
#include "services.h"

#include <aos/aos.h>
#include <aos/kernel.h>
#include <aos/rpc_server.h>
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

/// Any core but the first: services, and whatever others start here.
static _Noreturn void run_elsewhere(void)
{
    static const volatile bool is_over; // never
    monitor_init();
    errval_t err = cores_join();
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "joining the other cores");
    }
    core_announce(disp_get_number(), disp_name(), disp_get_domain_id());
    err = children_init();
    if (err_is_ok(err)) {
        err = services_start();
    }
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting the services");
    }
    rpc_serve_until(&is_over);
    USER_PANIC("serving ended");
}

int main(void)
{
    static struct command_line line;
    const char *bad_word = "";

    const struct bootinfo *info = bootinfo_get();
    if (info->core == HOME_CORE) {
        boot_note("init");
        domain_announce(disp_get_number(), disp_name(), disp_get_domain_id());
    }
    trace_bench_free_memory(ram_alloc_free_bytes());
    if (ram_alloc_free_bytes() == 0) {
        printf("init: %s\n", err_getstring(INIT_ERR_BOOT_MEMORY));
        power_off(1);
    }
    errval_t err = command_line_read(info->command_line, sizeof(info->command_line), &line, &bad_word);
    if (err_is_fail(err)) {
        printf("init: %s: '%s'\n", err_getstring(err), bad_word);
        power_off(STATUS_COMMAND_LINE);
    }
    const bool is_core_test = line.mode == INIT_MODE_TEST && line.test && strcmp(line.test, "cores") == 0;
    if (info->core != HOME_CORE) {
        is_core_test ? core_agent_run() : run_elsewhere();
    }
    monitor_init();
    err = children_init();
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "preparing for children");
        power_off(1);
    }
    err = is_core_test ? SYS_ERR_OK : cores_start(line.cores); // that one starts them itself
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting the other cores");
        power_off(1);
    }
    power_off(run(&line));
}
