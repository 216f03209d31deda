/**
 * The name server, with so many services in it. They are the bench's own, but for the one that is connected
 * to: that is `echo`'s, in a domain of its own.
 */
#include <aos/aos.h>
#include <aos/names.h>
#include <aos/process.h>
#include <harness/harness.h>
#include <interfaces/echo.h>
#include <stdio.h>
#include <stdlib.h>

#define ECHO_NAME "bench/echo"

/// The order in which names are looked up and entered is not their own.
#define STRIDE 7919
#define SPREAD 100003

static struct rpc_client *names; ///< Holds the names.
static domainid_t echo_pid;
static uint64_t turn;

static const char *name_of(uint64_t number)
{
    static char name[NAMES_NAME_BYTES];
    snprintf(name, sizeof(name), "bench/service/%06lu", (unsigned long)(number * STRIDE % SPREAD));
    return name;
}

static errval_t enter_names(const struct bench *bench)
{
    errval_t err = rpc_connect("names", &names_interface, &names);
    for (uint64_t i = 0; i < bench->argument && err_is_ok(err); i++) {
        err = names_enter(names, name_of(i), i == bench->argument / 2 ? "kind=rare" : "kind=usual", 1);
    }
    return err;
}

static errval_t leave_names(const struct bench *bench)
{
    (void)bench;
    rpc_disconnect(names); // the names go with it
    names = NULL;
    return SYS_ERR_OK;
}

static errval_t lookup_sample(const struct bench *bench, struct bench_sample *sample)
{
    struct names_entry entry;
    const char *name = name_of(turn++ % bench->argument);
    uint64_t begin = cycle_count();
    errval_t err = names_lookup(name, &entry);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/* Registering: the bench's own service, which is offered once, under one name after the other. */

static errval_t register_sample(const struct bench *bench, struct bench_sample *sample)
{
    const char *name = name_of(bench->argument + turn % STRIDE);
    uint64_t begin = cycle_count();
    errval_t err = names_enter(names, name, "kind=usual", 1);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t deregister(const struct bench *bench)
{
    return names_leave(names, name_of(bench->argument + turn++ % STRIDE));
}

static errval_t select_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct names_entry *entries;
    size_t count;
    uint64_t begin = cycle_count();
    errval_t err = names_list("bench/service/", "kind=rare", &entries, &count);
    sample->end = cycle_count();
    sample->begin = begin;
    if (err_is_ok(err)) {
        free(entries);
        err = count == 1 ? SYS_ERR_OK : NAMES_ERR_NO_NAME;
    }
    return err;
}

/* Connecting. */

static errval_t start_echo(const struct bench *bench)
{
    const char *const argv[] = {"echo", "name=" ECHO_NAME, NULL};
    errval_t err = enter_names(bench);
    if (err_is_ok(err)) {
        err = process_spawn("echo", argv, NULL, &echo_pid);
    }
    return err_is_ok(err) ? names_wait(ECHO_NAME, CLOCK_NEVER, NULL) : err;
}

static errval_t stop_echo(const struct bench *bench)
{
    leave_names(bench);
    errval_t err = process_kill(echo_pid);
    return err_is_ok(err) ? process_wait(echo_pid, NULL) : err;
}

static struct rpc_client *echo;

static errval_t connect_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = names_connect(ECHO_NAME, &echo_interface, &echo);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t disconnect(const struct bench *bench)
{
    (void)bench;
    rpc_disconnect(echo);
    return SYS_ERR_OK;
}

#define LOOKUP(services)                                                                                   \
    {                                                                                                      \
        .name = "names.lookup", .params = "services=" #services, .unit = "cycles", .argument = (services), \
        .setup = enter_names, .sample = lookup_sample, .teardown = leave_names,                            \
    }
#define REGISTER(services)                                                                                   \
    {                                                                                                        \
        .name = "names.register", .params = "services=" #services, .unit = "cycles", .argument = (services), \
        .setup = enter_names, .sample = register_sample, .cleanup = deregister, .teardown = leave_names,     \
    }
#define SELECT(services)                                                                                   \
    {                                                                                                      \
        .name = "names.select", .params = "services=" #services, .unit = "cycles", .argument = (services), \
        .repetitions = 50, .is_long = true, .setup = enter_names, .sample = select_sample,                 \
        .teardown = leave_names,                                                                           \
    }
#define CONNECT(services)                                                                                   \
    {                                                                                                       \
        .name = "names.connect", .params = "services=" #services, .unit = "cycles", .argument = (services), \
        .repetitions = 200, .setup = start_echo, .sample = connect_sample, .cleanup = disconnect,           \
        .teardown = stop_echo,                                                                              \
    }

static const struct bench benches[] = {
    LOOKUP(1),    LOOKUP(10),    LOOKUP(100),    LOOKUP(1000),    LOOKUP(10000), REGISTER(1),
    REGISTER(10), REGISTER(100), REGISTER(1000), REGISTER(10000), SELECT(1),     SELECT(10),
    SELECT(100),  SELECT(1000),  SELECT(10000),  CONNECT(1),      CONNECT(1000),
};

BENCH_SUITE(names, benches);
