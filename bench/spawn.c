/**
 * Starting a process, from the call to its main(), phase by phase, and to the end of its remains; and the
 * memory of an idle one.
 *
 * The process is `hello clock`, which ends at once, with the lower half of the cycle counter at the beginning
 * of its main() as its status; and `hello memory`, which ends with the RAM that it has left.
 */
#include <aos/aos.h>
#include <aos/spawn.h>
#include <harness/harness.h>

#define SPAWNS 200

static struct {
    struct lmp_chan ends;
    bool is_open;
    bool ended;
    unsigned reason;
    uint64_t status;
} child;

static void listen(void);

static void note_end(void *argument)
{
    (void)argument;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_chan_recv(&child.ends, &msg, NULL))) {
        child.ended |= msg.words[0] == LMP_DISPATCHER_ENDED;
        child.reason = (unsigned)msg.words[2];
        child.status = msg.words[3];
    }
    listen();
}

static void listen(void)
{
    errval_t err = lmp_chan_register_recv(&child.ends, get_default_waitset(), MKCLOSURE(note_end, NULL));
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "listening for ends of domains");
    }
}

static errval_t setup(const struct bench *bench)
{
    (void)bench;
    if (child.is_open) {
        return SYS_ERR_OK;
    }
    errval_t err = lmp_chan_accept(&child.ends, DEFAULT_LMP_BUF_WORDS, NULL_CAP);
    if (err_is_ok(err)) {
        child.is_open = true;
        listen();
    }
    return err;
}

/// A process that has come and gone.
struct life {
    uint64_t call;   ///< Before spawn_load().
    uint64_t main;   ///< At the beginning of its main().
    uint64_t reaped; ///< All of its memory is back.
    uint32_t status;
    struct spawninfo info;
};

static errval_t wait_for_end(void)
{
    errval_t err = SYS_ERR_OK;
    while (!child.ended && err_is_ok(err)) {
        err = event_dispatch(get_default_waitset());
    }
    return err_is_ok(err) && child.reason != END_REASON_STOPPED ? INIT_ERR_CHILD_DIED : err;
}

static errval_t live(const char *how, struct life *life)
{
    const char *const argv[] = {"hello", how, NULL};
    struct spawn_request request = {.name = "hello", .argv = argv, .end_endpoint = child.ends.local_cap};
    struct spawninfo si;
    child.ended = false;
    life->call = cycle_count();
    errval_t err = spawn_load(&request, &si);
    if (err_is_fail(err)) {
        return err;
    }
    life->info = si;
    err = wait_for_end();
    errval_t end = spawn_destroy(&si);
    life->reaped = cycle_count();
    life->status = (uint32_t)child.status;
    life->main = life->call + (uint32_t)(life->status - (uint32_t)life->call);
    return err_is_ok(err) ? end : err;
}

static errval_t total(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct life life;
    errval_t err = live("clock", &life);
    sample->begin = life.call;
    sample->end = life.main;
    return err;
}

/// A process that ends at once, from the call to the last of it.
static errval_t reaped(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct life life;
    errval_t err = live("clock", &life);
    sample->begin = life.call;
    sample->end = life.reaped;
    return err;
}

/// The last phase is not over before main() begins.
static errval_t phase(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live("clock", &life);
    uint64_t begin = life.call;
    for (unsigned before = 0; before < bench->argument; before++) {
        begin += life.info.cycles[before];
    }
    sample->begin = begin;
    sample->end =
        bench->argument == SPAWN_PHASE_START ? life.main : begin + life.info.cycles[bench->argument];
    return err;
}

/* What stands in a footprint besides enum spawn_memory. */
#define FOOTPRINT_OWN   SPAWN_MEMORY_GRANTED     ///< What the process has taken of its RAM for itself.
#define FOOTPRINT_REST  SPAWN_MEMORY_KINDS       ///< What it has left.
#define FOOTPRINT_TOTAL (SPAWN_MEMORY_KINDS + 1) ///< All that it is made of.

static errval_t footprint(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live("memory", &life);
    sample->begin = 0;
    switch (bench->argument) {
    case FOOTPRINT_OWN:
        sample->end = life.info.memory[SPAWN_MEMORY_GRANTED] - life.status;
        break;
    case FOOTPRINT_REST:
        sample->end = life.status;
        break;
    case FOOTPRINT_TOTAL:
        sample->end = life.info.ram_bytes;
        break;
    default:
        sample->end = life.info.memory[bench->argument];
    }
    return err;
}

#define WAY "source=module,core=0"

#define ROW(row, function, what)                                                                          \
    {                                                                                                     \
        .name = "spawn." row, .params = WAY, .unit = "cycles", .argument = (what), .repetitions = SPAWNS, \
        .setup = setup, .sample = (function),                                                             \
    }

#define FOOTPRINT(kind, what)                                                                        \
    {                                                                                                \
        .name = "spawn.footprint", .params = WAY ",kind=" kind, .unit = "bytes", .argument = (what), \
        .repetitions = 1, .is_history = true, .setup = setup, .sample = footprint,                   \
    }

static const struct bench benches[] = {
    ROW("total", total, 0),
    ROW("load", phase, SPAWN_PHASE_LOAD),
    ROW("elf", phase, SPAWN_PHASE_ELF),
    ROW("cspace", phase, SPAWN_PHASE_CSPACE),
    ROW("vspace", phase, SPAWN_PHASE_VSPACE),
    ROW("arguments", phase, SPAWN_PHASE_ARGUMENTS),
    ROW("dispatcher", phase, SPAWN_PHASE_DISPATCHER),
    ROW("start", phase, SPAWN_PHASE_START),
    ROW("exit", reaped, 0),
    FOOTPRINT("pages", SPAWN_MEMORY_PAGES),
    FOOTPRINT("page_tables", SPAWN_MEMORY_TABLES),
    FOOTPRINT("capabilities", SPAWN_MEMORY_CAPABILITIES),
    FOOTPRINT("dispatcher", SPAWN_MEMORY_DISPATCHER),
    FOOTPRINT("own", FOOTPRINT_OWN),
    FOOTPRINT("unused", FOOTPRINT_REST),
    FOOTPRINT("total", FOOTPRINT_TOTAL),
};

BENCH_SUITE(spawn, benches);
