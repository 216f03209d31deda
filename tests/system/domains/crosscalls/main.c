/**
 * Keeps members and services at work on every core, kills some of both and puts others in their places, until
 * so many right answers have come; then nothing may be left of them.
 *
 * Arguments: calls=N, right answers (100 000); seed=N; how=N, members on each core (2). role=member is what
 * the members do.
 */
#include "crosscalls.h"

#include <interfaces/monitor.h>
#include <interfaces/test.h>
#include <stdio.h>

#define CALLS_USUAL       100000
#define WARM_UP_PART      10 ///< What is made once and kept is made by so small a part of it first.
#define MEMBERS_MAX       8
#define LIFE_CALLS        400 ///< Of a member that is not killed.
#define RAM_BYTES         0x800000UL
#define PAUSE_US          1000
#define KILL_SERVICE      30       ///< One turn out of so many kills a service as well.
#define STALL_US          20000000 ///< A core of which no member has ended for so long stalls.
#define ANSWER_US         5000000  ///< Nor may a core's process server take so long to answer.
#define PROGRESS_PARTS    10
#define DESCRIPTION_BYTES 128

static struct {
    uint64_t running, target, answers, killed, services_killed, ended;
    unsigned members; ///< On each core.
    uint32_t random;
    domainid_t services[CORES_MAX], pids[CORES_MAX][MEMBERS_MAX];
    uint64_t seen_us[CORES_MAX]; ///< When the last one of its members ended.
} cross;

/// What a call to a core's process server has said: none may keep us waiting.
static void must(unsigned core, errval_t err)
{
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "core %u stalls, or fails", core);
    }
}

/// Calls after this end in time.
static void watch_next_call(void)
{
    rpc_set_deadline(clock_now_us() + ANSWER_US);
}

static domainid_t start(unsigned core, const char *const *argv)
{
    const struct process_options options = {.core = core, .ram_bytes = RAM_BYTES};
    domainid_t pid = 0;
    watch_next_call();
    must(core, process_spawn(argv[0], argv, &options, &pid));
    return pid;
}

static domainid_t start_service(unsigned core)
{
    char service[TEXT_BYTES];
    snprintf(service, sizeof(service), "service=" SERVICE, core);
    const char *const argv[] = {"echo", service, NULL};
    return start(core, argv);
}

static domainid_t start_member(unsigned core)
{
    char seed[TEXT_BYTES], cores[TEXT_BYTES], calls[TEXT_BYTES];
    snprintf(seed, sizeof(seed), "seed=%u", (unsigned)below(&cross.random, 1 << 30));
    snprintf(cores, sizeof(cores), "cores=%lu", (unsigned long)cross.running);
    snprintf(calls, sizeof(calls), "calls=%u", 1 + (unsigned)below(&cross.random, 2 * LIFE_CALLS));
    const char *const argv[] = {SELF, "role=member", seed, cores, calls, NULL};
    return start(core, argv);
}

static void end(unsigned core, domainid_t pid)
{
    struct process_end how;
    watch_next_call();
    errval_t err = process_kill(pid);
    if (err_no(err) != PROC_ERR_NO_PROCESS) { // it may have ended by itself meanwhile
        must(core, err);
    }
    watch_next_call();
    must(core, process_wait(pid, &how));
    if (how.reason == PROCESS_FAULTED || (how.reason == PROCESS_EXITED && how.exit_code < CALLS_SHOWN)) {
        char text[DESCRIPTION_BYTES];
        process_describe_end(&how, text, sizeof(text));
        USER_PANIC("process %x of core %u ended: %s", (unsigned)pid, core, text);
    }
    if (how.reason == PROCESS_EXITED) {
        cross.answers += (uint64_t)(how.exit_code - CALLS_SHOWN);
        cross.ended++;
        cross.seen_us[core] = clock_now_us();
    } else {
        cross.killed++;
    }
}

static bool has_ended(unsigned core, domainid_t pid)
{
    struct process_status status;
    watch_next_call();
    must(core, process_get_status(pid, &status));
    return status.state == PROCESS_ENDED;
}

static void look_after(unsigned core, unsigned place)
{
    if (has_ended(core, cross.pids[core][place]) || below(&cross.random, 4 * cross.members) == 0) {
        end(core, cross.pids[core][place]);
        cross.pids[core][place] = start_member(core);
    }
    if (clock_now_us() - cross.seen_us[core] > STALL_US) {
        USER_PANIC("core %u stalls: none of its members has ended for %u s", core, STALL_US / 1000000);
    }
}

static void kill_a_service(unsigned core)
{
    watch_next_call();
    must(core, process_kill(cross.services[core]));
    struct process_end how;
    watch_next_call();
    must(core, process_wait(cross.services[core], &how));
    CHECK(how.reason == PROCESS_KILLED);
    cross.services_killed++;
    cross.services[core] = start_service(core);
}

static void for_each_core(void (*function)(unsigned core))
{
    for (unsigned core = 0; core < CORES_MAX; core++) {
        if (cross.running >> core & 1) {
            function(core);
        }
    }
}

static void begin_core(unsigned core)
{
    cross.services[core] = start_service(core);
    for (unsigned place = 0; place < cross.members; place++) {
        cross.pids[core][place] = start_member(core);
    }
    cross.seen_us[core] = clock_now_us();
}

static void look_after_core(unsigned core)
{
    for (unsigned place = 0; place < cross.members; place++) {
        look_after(core, place);
    }
    if (below(&cross.random, KILL_SERVICE) == 0) {
        kill_a_service(core);
    }
}

static void end_core(unsigned core)
{
    for (unsigned place = 0; place < cross.members; place++) {
        end(core, cross.pids[core][place]);
    }
    watch_next_call();
    must(core, process_kill(cross.services[core]));
    struct process_end how;
    must(core, process_wait(cross.services[core], &how));
}

static void run(uint64_t target)
{
    uint64_t said = 0;
    cross.answers = 0;
    for_each_core(begin_core);
    while (cross.answers < target) {
        rpc_set_deadline(CLOCK_NEVER);
        thread_sleep_us(PAUSE_US);
        for_each_core(look_after_core);
        if (cross.answers * PROGRESS_PARTS / target != said) {
            said = cross.answers * PROGRESS_PARTS / target;
            printf("soak: %lu of %lu calls\n", (unsigned long)cross.answers, (unsigned long)target);
        }
    }
    for_each_core(end_core);
    rpc_set_deadline(CLOCK_NEVER);
}

int main(int argc, char *argv[])
{
    struct rpc_client *monitor, *init;
    struct balance before;
    if (strcmp(argument(argc, argv, "role"), "member") == 0) {
        return be_member(argc, argv);
    }
    cross.members = (unsigned)argument_number(argc, argv, "how", 0);
    cross.members = cross.members == 0 ? 2 : cross.members > MEMBERS_MAX ? MEMBERS_MAX : cross.members;
    cross.random = (uint32_t)argument_number(argc, argv, "seed", 1) * 2654435761U | 1;
    cross.target = argument_number(argc, argv, "calls", 0);
    cross.target = cross.target ? cross.target : CALLS_USUAL;
    CHECK_OK(rpc_init_channel(&monitor));
    CHECK_OK(monitor_cores(monitor, &cross.running));
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    balance_take(cross.running, &before); // opens its channels
    run(cross.target / WARM_UP_PART + 1);
    balance_take_settled(cross.running, &before);
    run(cross.target);
    CHECK(balance_is_back(cross.running, &before));
    CHECK_OK(test_check(init));
    printf("soak: %lu calls across cores, %lu killed, %lu ended by themselves, %lu services killed\n",
           (unsigned long)cross.answers, (unsigned long)cross.killed, (unsigned long)cross.ended,
           (unsigned long)cross.services_killed);
    return EXIT_SUCCESS;
}
