#include "services.h"

#include "children.h"
#include "cores.h"
#include "monitor.h"
#include "recall.h"
#include "system_names.h"

#include <aos/aos.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <string.h>

#define INIT_KEEPS_BYTES        0x10000000UL ///< RAM for init itself, and for what it starts.
#define SERVER_DISPATCHER_BYTES 0x1000000UL  ///< Room for some thousand clients.
#define SMALL_DISPATCHER_BYTES  0x100000UL   ///< For some hundred,
#define SMALL_BYTES             0x10000000UL ///< where there is not more RAM than this.
#define RESTARTS_MAX            100          ///< A service that ends again and again is not started for ever.

/// Enough for some thousand clients: it borrows none, which would stay away from others.
#define SERIAL_RAM_BYTES 0x800000UL

/// Enough for all the names that there may be (interfaces/names.rpc), but those with long properties: it
/// calls nobody.
#define NAMES_RAM_BYTES 0x1800000UL

/// In the order in which they are started.
static struct service {
    const char *name;
    bool is_at_home_only; ///< There is one for all cores.
    bool holds_others;    ///< What others are made of is its: it does not end alone.
    bool has_all_ram;
    bool starts_domains;
    size_t ram_bytes; ///< For its own use; 0: the usual
    struct child child;
    bool is_running;
    bool is_offered;
    unsigned restarts;
} services[] = {
    {.name = "mem", .holds_others = true, .has_all_ram = true},
    {.name = "serial", .is_at_home_only = true, .ram_bytes = SERIAL_RAM_BYTES},
    {.name = "proc", .holds_others = true, .starts_domains = true},
    {.name = "names", .is_at_home_only = true, .ram_bytes = NAMES_RAM_BYTES},
};

#define SERVICES ARRAY_LENGTH(services)

static bool is_small; ///< The core has little memory.
static bool are_wanted;
static bool are_offered; ///< All of them.

static bool is_for_here(const struct service *service)
{
    return !service->is_at_home_only || disp_get_core_id() == HOME_CORE;
}

bool services_has(const char *name)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        if (strcmp(services[i].name, name) == 0 && is_for_here(&services[i])) {
            return are_wanted && services[i].restarts <= RESTARTS_MAX;
        }
    }
    return false;
}

void services_note_offer(const char *name)
{
    bool all = true;
    for (unsigned i = 0; i < SERVICES; i++) {
        services[i].is_offered |= strcmp(services[i].name, name) == 0;
        all &= services[i].is_offered || !is_for_here(&services[i]);
    }
    are_offered = all;
}

static errval_t start_with(struct service *service, size_t ram_bytes)
{
    const char *const argv[] = {service->name, NULL};
    struct spawn_request request = {
        .argv = argv,
        .ram_bytes = ram_bytes,
        .dispatcher_bytes = is_small ? SMALL_DISPATCHER_BYTES : SERVER_DISPATCHER_BYTES,
        .console = disp_get_core_id() == HOME_CORE,
        .modules = service->starts_domains,
    };
    service->child = (struct child){
        .name = service->name,
        .rights = MONITOR_MAY_RESERVE | (service->starts_domains ? MONITOR_MAY_ADOPT : 0),
        .quota = UINT64_MAX,
        .context = service,
    };
    service->is_offered = false;
    are_offered = false;
    errval_t err = child_start(&service->child, &request);
    service->is_running = err_is_ok(err);
    return err;
}

/// Of all RAM, the largest piece that leaves init enough.
static errval_t start_with_all_ram(struct service *service)
{
    gensize_t available = ram_alloc_free_bytes();
    is_small = available < SMALL_BYTES;
    gensize_t bytes = available > 2 * INIT_KEEPS_BYTES ? available - INIT_KEEPS_BYTES : available / 2;
    if (disp_get_core_id() != HOME_CORE) {
        bytes = available - available / 4; // nobody runs tests or benches from here
    }
    errval_t err;
    do {
        bytes = ROUND_DOWN(bytes, LARGE_PAGE_SIZE);
        err = start_with(service, bytes);
        bytes -= bytes / 8;
    } while (err_is_fail(err) && bytes > LARGE_PAGE_SIZE);
    return err;
}

static void note_end(struct child *child);

static errval_t start(struct service *service)
{
    errval_t err = service->has_all_ram
                       ? start_with_all_ram(service)
                       : start_with(service, is_small ? service->ram_bytes / 8 : service->ram_bytes);
    if (err_is_ok(err)) {
        service->child.on_end = note_end;
    }
    return err;
}

static void stop(struct service *service)
{
    if (service->is_running) {
        service->is_running = false;
        child_destroy(&service->child);
    }
}

static void stop_all(void)
{
    for (unsigned i = SERVICES; i-- > 0;) {
        stop(&services[i]);
    }
}

static errval_t start_all(void)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < SERVICES && err_is_ok(err); i++) {
        if (is_for_here(&services[i])) {
            err = start(&services[i]);
        }
    }
    return err;
}

static void give_up(void)
{
    are_wanted = false;
    stop_all();
    for (unsigned i = 0; i < SERVICES; i++) {
        monitor_give_up(services[i].name);
    }
}

static void check_start(const struct service *service, errval_t err)
{
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "starting %s again", service ? service->name : "all services");
        give_up();
    }
}

/// What the services' RAM was made into may be known to other cores: it is used anew when they have forgotten
/// it.
static void start_all_again(void *unused)
{
    (void)unused;
    if (recall_has_any()) {
        check_start(NULL, recall(0, RECALL_EVERYTHING, start_all_again, NULL));
    } else if (are_wanted) {
        stop_all();
        check_start(NULL, start_all());
    }
}

/// By the policy of the one that has ended.
static void note_end(struct child *child)
{
    struct service *service = child->context;
    char end[128];
    if (!are_wanted || !service->is_running) {
        return;
    }
    child_describe_end(child, end, sizeof(end));
    if (++service->restarts > RESTARTS_MAX) {
        printf("init: service %s ended: %s; that was the %uth time: giving all services up\n", service->name,
               end, service->restarts);
        give_up();
        return;
    }
    printf("init: service %s ended: %s; starting %s again\n", service->name, end,
           service->holds_others ? "all services" : "it");
    if (service->holds_others) {
        start_all_again(NULL);
    } else {
        stop(service);
        check_start(service, start(service));
    }
}

errval_t services_start(void)
{
    if (are_wanted) {
        return SYS_ERR_OK;
    }
    are_wanted = true;
    system_names_note("init", disp_get_domain_id());
    errval_t err = start_all();
    if (err_is_fail(err)) {
        give_up();
        return err;
    }
    rpc_serve_until(&are_offered);
    return SYS_ERR_OK;
}

void services_stop(void)
{
    are_wanted = false;
    stop_all();
    // What the kernel says of their ends is read, so that nothing is under way when the machine goes off.
    while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
    }
}

errval_t services_kill(const char *name)
{
    for (unsigned i = 0; i < SERVICES; i++) {
        if (strcmp(services[i].name, name) == 0 && services[i].is_running) {
            return child_kill(&services[i].child);
        }
    }
    return RPC_ERR_NO_SERVICE;
}
