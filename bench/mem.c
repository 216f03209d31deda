/**
 * The memory server: what it costs to get RAM from it, and to give it back, from the call of the stub to its
 * return. What a domain usually does is cheaper: it asks for a large piece and cuts it up itself
 * (docs/memory-server.md).
 */
#include <aos/aos.h>
#include <aos/rpc.h>
#include <harness/harness.h>
#include <interfaces/mem.h>

#define FRESH_BYTES \
    0x2000000UL ///< That are asked for piece by piece: of the quota, of which warm-up takes some.

static struct {
    struct rpc_client *client;
    struct capref ram;
    genpaddr_t base;
    uint64_t bytes;
} mem;

static errval_t connect(const struct bench *bench)
{
    (void)bench;
    return rpc_connect(mem_interface.name, &mem_interface, &mem.client);
}

static errval_t disconnect(const struct bench *bench)
{
    (void)bench;
    rpc_disconnect(mem.client);
    return SYS_ERR_OK;
}

static errval_t get_ram(const struct bench *bench)
{
    struct capability_info info;
    errval_t err = mem_get_ram(mem.client, bench->argument, BASE_PAGE_SIZE, &mem.ram, &mem.bytes);
    if (err_is_ok(err)) {
        err = cap_identify(mem.ram, &info);
        mem.base = info.base;
    }
    return err;
}

/// Only the slot: the memory stays ours, and the next piece is another one.
static errval_t keep_ram(const struct bench *bench)
{
    (void)bench;
    errval_t err = cap_delete(mem.ram);
    return err_is_ok(err) ? slot_free(mem.ram) : err;
}

/// The server revokes what we have of it; the slot is ours.
static errval_t free_ram(const struct bench *bench)
{
    (void)bench;
    struct capability_info info;
    errval_t err = cap_identify(mem.ram, &info);
    if (err_is_ok(err)) {
        err = mem_free_ram(mem.client, info.base, mem.bytes);
    }
    return err_is_ok(err) ? slot_free(mem.ram) : err;
}

static errval_t free_slot(const struct bench *bench)
{
    (void)bench;
    return slot_free(mem.ram);
}

static errval_t get_ram_sample(const struct bench *bench, struct bench_sample *sample)
{
    const uint64_t bytes = bench->argument;
    uint64_t begin = cycle_count();
    errval_t err = mem_get_ram(mem.client, bytes, BASE_PAGE_SIZE, &mem.ram, &mem.bytes);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t free_ram_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = mem_free_ram(mem.client, mem.base, mem.bytes);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t status_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t total, free, granted, quota, sessions;
    uint64_t begin = cycle_count();
    errval_t err = mem_status(mem.client, &total, &free, &granted, &quota, &sessions);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/// Pieces of which the server has one that came back.
#define GET(count)                                                                            \
    {                                                                                         \
        .name = "mem.get_ram", .params = "bytes=" #count ",from=stock", .unit = "cycles",     \
        .argument = (count), .setup = connect, .sample = get_ram_sample, .cleanup = free_ram, \
        .teardown = disconnect,                                                               \
    }
/// Pieces that it has to make.
#define MAKE(count)                                                                                   \
    {                                                                                                 \
        .name = "mem.get_ram", .params = "bytes=" #count ",from=memory", .unit = "cycles",            \
        .argument = (count), .is_long = true, .repetitions = FRESH_BYTES / (count), .setup = connect, \
        .sample = get_ram_sample, .cleanup = keep_ram, .teardown = disconnect,                        \
    }
#define FREE(count)                                                                               \
    {                                                                                             \
        .name = "mem.free_ram", .params = "bytes=" #count, .unit = "cycles", .argument = (count), \
        .setup = connect, .prepare = get_ram, .sample = free_ram_sample, .cleanup = free_slot,    \
        .teardown = disconnect,                                                                   \
    }

static const struct bench benches[] = {
    GET(4096),
    GET(65536),
    GET(1048576),
    MAKE(4096),
    MAKE(65536),
    FREE(4096),
    FREE(65536),
    FREE(1048576),
    {.name = "mem.status",
     .params = "",
     .unit = "cycles",
     .setup = connect,
     .sample = status_sample,
     .teardown = disconnect},
};

BENCH_SUITE(mem, benches);
