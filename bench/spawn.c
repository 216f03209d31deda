/**
 * Starting a process, from the call to its main(), phase by phase, and to the end of its remains; and the
 * memory of an idle one.
 *
 * The process is `hello` with the argument `clock`, which makes it end at once, with the cycle counter at the
 * beginning of its main() as its status: all cores' counters stand in one for the lower half of 64 bits.
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
    struct spawninfo info;
};

static errval_t live(struct life *life)
{
    static const char *const argv[] = {"hello", "clock", NULL};
    struct spawn_request request = {.name = "hello", .argv = argv, .end_endpoint = child.ends.local_cap};
    struct spawninfo si;
    child.ended = false;
    life->call = cycle_count();
    errval_t err = spawn_load(&request, &si);
    if (err_is_fail(err)) {
        return err;
    }
    life->info = si;
    while (!child.ended && err_is_ok(err)) {
        err = event_dispatch(get_default_waitset());
    }
    errval_t end = spawn_destroy(&si);
    life->reaped = cycle_count();
    life->main = life->call + (uint32_t)((uint32_t)child.status - (uint32_t)life->call);
    return err_is_ok(err) ? end : err;
}

static errval_t total(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct life life;
    errval_t err = live(&life);
    sample->begin = life.call;
    sample->end = life.main;
    return err;
}

static errval_t reaped(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    struct life life;
    errval_t err = live(&life);
    sample->begin = life.call;
    sample->end = life.reaped;
    return err;
}

static errval_t phase(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live(&life);
    sample->begin = bench->argument == SPAWN_PHASE_LOAD ? life.call : life.info.begin[bench->argument];
    sample->end = bench->argument == SPAWN_PHASE_START ? life.main : life.info.begin[bench->argument + 1];
    return err;
}

#define ROW(row, function, ...)                                                                          \
    {                                                                                                    \
        .name = "spawn." row, .params = "source=module,core=0", .unit = "cycles", .repetitions = SPAWNS, \
        .setup = setup, .sample = (function), __VA_ARGS__                                                \
    }

static const struct bench benches[] = {
    ROW("total", total),
    ROW("load", phase, .argument = SPAWN_PHASE_LOAD),
    ROW("elf", phase, .argument = SPAWN_PHASE_ELF),
    ROW("cspace", phase, .argument = SPAWN_PHASE_CSPACE),
    ROW("vspace", phase, .argument = SPAWN_PHASE_VSPACE),
    ROW("arguments", phase, .argument = SPAWN_PHASE_ARGUMENTS),
    ROW("dispatcher", phase, .argument = SPAWN_PHASE_DISPATCHER),
    ROW("start", phase, .argument = SPAWN_PHASE_START),
    ROW("exit", reaped),
};

BENCH_SUITE(spawn, benches);
