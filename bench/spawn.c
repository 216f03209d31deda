/**
 * Starting a process, from the call to its main(), phase by phase, and to the end of its remains; and the
 * memory of an idle one. by=library: the bench domain builds it itself; by=proc: the process server does.
 *
 * The process is `hello clock`, which ends at once, with the lower half of the cycle counter at the beginning
 * of its main() as its status; and `hello memory`, which ends with the RAM that it has left.
 */
#include <aos/aos.h>
#include <aos/process.h>
#include <aos/spawn.h>
#include <harness/harness.h>
#include <string.h>

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

/// Rows of which each begins where the one before ends. The first two are the server's only: the way to it,
/// and the process's place in its table and its channel to init.
enum part {
    PART_REQUEST,
    PART_ADOPT,
    PART_LOAD, ///< and so on as enum spawn_phase
    PART_START = PART_LOAD + SPAWN_PHASE_START,
    PARTS,
};

/// A process that has come and gone.
struct life {
    uint64_t call;   ///< Before it was asked for.
    uint64_t answer; ///< The server has answered.
    uint64_t main;   ///< At the beginning of its main().
    uint64_t reaped; ///< Nothing of it is left.
    uint64_t cycles[PARTS];
    uint32_t status;
    struct spawninfo info;
};

/// The last part is not over before main() begins.
static void note_main(struct life *life)
{
    life->main = life->call + (uint32_t)(life->status - (uint32_t)life->call);
    life->cycles[PART_START] = life->main - life->call;
    for (unsigned part = 0; part < PART_START; part++) {
        life->cycles[PART_START] -= life->cycles[part];
    }
}

static errval_t wait_for_end(void)
{
    errval_t err = SYS_ERR_OK;
    while (!child.ended && err_is_ok(err)) {
        err = event_dispatch(get_default_waitset());
    }
    return err_is_ok(err) && child.reason != END_REASON_STOPPED ? INIT_ERR_CHILD_DIED : err;
}

static errval_t live_by_library(const char *how, struct life *life)
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
    memcpy(&life->cycles[PART_LOAD], life->info.cycles, sizeof(life->info.cycles));
    note_main(life);
    return err_is_ok(err) ? end : err;
}

/// \param with_parts asks the server for them, which makes `reaped` later
static errval_t live_by_proc(coreid_t core, const char *how, bool with_parts, struct life *life)
{
    const char *const argv[] = {"hello", how, NULL};
    const struct process_options options = {.core = core};
    uint64_t times[PROCESS_TIMES_END] = {0};
    struct process_end end = {0};
    domainid_t pid;
    life->call = cycle_count();
    errval_t err = process_spawn("hello", argv, &options, &pid);
    life->answer = cycle_count();
    if (err_is_ok(err) && with_parts) {
        err = process_get_phases(pid, times);
    }
    if (err_is_ok(err)) {
        err = process_wait(pid, &end);
    }
    life->reaped = cycle_count();
    if (err_is_fail(err) || end.reason != PROCESS_EXITED) {
        return err_is_ok(err) ? INIT_ERR_CHILD_DIED : err;
    }
    life->status = (uint32_t)end.exit_code;
    life->cycles[PART_REQUEST] = times[PROCESS_TIME_CALLED] - life->call;
    life->cycles[PART_ADOPT] = times[PROCESS_PHASE_ADOPT];
    memcpy(&life->cycles[PART_LOAD], &times[PROCESS_PHASE_LOAD], SPAWN_PHASES * sizeof(times[0]));
    note_main(life);
    return SYS_ERR_OK;
}

#define BY_PROC 0x100 ///< In a bench's argument, beside the part.

static errval_t live(const struct bench *bench, const char *how, bool with_parts, struct life *life)
{
    *life = (struct life){0};
    return bench->argument & BY_PROC ? live_by_proc(bench->core, how, with_parts, life)
                                     : live_by_library(how, life);
}

static errval_t total(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live(bench, "clock", false, &life);
    sample->begin = life.call;
    sample->end = life.main;
    return err;
}

/// Until the server has answered.
static errval_t called(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live(bench, "clock", false, &life);
    sample->begin = life.call;
    sample->end = life.answer;
    return err;
}

/// A process that ends at once, from the call to the last of it.
static errval_t reaped(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live(bench, "clock", false, &life);
    sample->begin = life.call;
    sample->end = life.reaped;
    return err;
}

static errval_t part(const struct bench *bench, struct bench_sample *sample)
{
    struct life life;
    errval_t err = live(bench, "clock", true, &life);
    sample->begin = 0;
    sample->end = life.cycles[bench->argument & ~(uint64_t)BY_PROC];
    return err;
}

/* What stands in a footprint besides enum spawn_memory. */
#define FOOTPRINT_OWN   SPAWN_MEMORY_GRANTED     ///< What the process has taken of its RAM for itself.
#define FOOTPRINT_REST  SPAWN_MEMORY_KINDS       ///< What it has left.
#define FOOTPRINT_TOTAL (SPAWN_MEMORY_KINDS + 1) ///< All that it is made of.

static errval_t footprint(const struct bench *bench, struct bench_sample *sample)
{
    struct life life = {0};
    errval_t err = live_by_library("memory", &life);
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

#define ROW(row, by, function, what)                                                                         \
    {                                                                                                        \
        .name = "spawn." row, .params = "source=module,core=0,by=" by, .unit = "cycles", .argument = (what), \
        .is_long = true, .repetitions = SPAWNS, .setup = setup, .sample = (function),                        \
    }

/// By the process server of a core. Only what begins and ends here is measured: each core has a cycle
/// counter.
#define ROW_AT(row, number, function)                                                                  \
    {                                                                                                  \
        .name = "spawn." row, .params = "source=module,core=" #number ",by=proc", .unit = "cycles",    \
        .argument = BY_PROC, .core = (number), .is_long = true, .repetitions = SPAWNS, .setup = setup, \
        .sample = (function),                                                                          \
    }

#define ROWS_AT(number) ROW_AT("call", number, called), ROW_AT("exit", number, reaped)

#define PHASES(by, which)                                                            \
    ROW("load", by, part, (which) | (PART_LOAD + SPAWN_PHASE_LOAD)),                 \
        ROW("elf", by, part, (which) | (PART_LOAD + SPAWN_PHASE_ELF)),               \
        ROW("cspace", by, part, (which) | (PART_LOAD + SPAWN_PHASE_CSPACE)),         \
        ROW("vspace", by, part, (which) | (PART_LOAD + SPAWN_PHASE_VSPACE)),         \
        ROW("arguments", by, part, (which) | (PART_LOAD + SPAWN_PHASE_ARGUMENTS)),   \
        ROW("dispatcher", by, part, (which) | (PART_LOAD + SPAWN_PHASE_DISPATCHER)), \
        ROW("start", by, part, (which) | (PART_LOAD + SPAWN_PHASE_START))

#define FOOTPRINT(kind, what)                                                                          \
    {                                                                                                  \
        .name = "spawn.footprint", .params = "source=module,core=0,kind=" kind, .unit = "bytes",       \
        .argument = (what), .repetitions = 1, .is_history = true, .setup = setup, .sample = footprint, \
    }

static const struct bench benches[] = {
    ROW("total", "library", total, 0),
    PHASES("library", 0),
    ROW("exit", "library", reaped, 0),
    ROW("total", "proc", total, BY_PROC),
    ROW("request", "proc", part, BY_PROC | PART_REQUEST),
    ROW("adopt", "proc", part, BY_PROC | PART_ADOPT),
    PHASES("proc", BY_PROC),
    ROW("call", "proc", called, BY_PROC),
    ROW("exit", "proc", reaped, BY_PROC),
    FOOTPRINT("pages", SPAWN_MEMORY_PAGES),
    FOOTPRINT("page_tables", SPAWN_MEMORY_TABLES),
    FOOTPRINT("capabilities", SPAWN_MEMORY_CAPABILITIES),
    FOOTPRINT("dispatcher", SPAWN_MEMORY_DISPATCHER),
    FOOTPRINT("own", FOOTPRINT_OWN),
    FOOTPRINT("unused", FOOTPRINT_REST),
    FOOTPRINT("total", FOOTPRINT_TOTAL),
    ROWS_AT(1),
    ROWS_AT(2),
    ROWS_AT(3),
};

BENCH_SUITE(spawn, benches);
