/**
 * Cores that are parked and go on: who asked a service there for something has the answer later, and nothing
 * is lost of what was sent, or of what ran.
 *
 * Arguments: calls=N, rounds. A child of itself has the argument `child`.
 */
#include "arguments.h"
#include "check.h"

#include <abi/syscall.h>
#include <aos/aos.h>
#include <aos/process.h>
#include <aos/rpc.h>
#include <aos/threads.h>
#include <interfaces/monitor.h>
#include <stdio.h>

#define DEFAULT_ROUNDS 5
#define ASKERS         4 ///< Threads that ask a parked core.
#define CALLS          6 ///< Of each, one after the other.
#define NAP_US         3000
#define CHILD_US       2000
#define EXIT_CODE      23

static struct rpc_client *init;
static volatile unsigned answered;

static int ask(void *argument)
{
    const domainid_t pid = (domainid_t)(uintptr_t)argument;
    struct process_status status;
    for (unsigned i = 0; i < CALLS; i++) {
        CHECK_OK(process_get_status(pid, &status));
        CHECK(status.state == PROCESS_RUNNING);
        __atomic_add_fetch(&answered, 1, __ATOMIC_RELAXED);
    }
    return 0;
}

static domainid_t start_on(coreid_t core, const char *what)
{
    const char *const argv[] = {"parking", what, NULL};
    const struct process_options options = {.core = core};
    domainid_t pid;
    CHECK_OK(process_spawn("parking", argv, &options, &pid));
    return pid;
}

static void park(coreid_t core)
{
    uint32_t state;
    CHECK_OK(monitor_park(init, core));
    do {
        CHECK_OK(monitor_core_state(init, core, &state));
    } while (state != CORE_STATE_PARKED);
}

static void test_core(coreid_t core)
{
    struct thread *askers[ASKERS];
    struct process_end end;
    const domainid_t sleeper = start_on(core, "sleep");
    const domainid_t worker = start_on(core, "work");
    answered = 0;
    park(core);
    for (unsigned i = 0; i < ASKERS; i++) {
        CHECK_OK(thread_create(ask, (void *)(uintptr_t)sleeper, &askers[i]));
    }
    thread_sleep_us(NAP_US);
    CHECK(answered == 0);
    CHECK_OK(monitor_resume(init, core));
    for (unsigned i = 0; i < ASKERS; i++) {
        CHECK_OK(thread_join(askers[i], NULL));
    }
    CHECK(answered == ASKERS * CALLS);
    CHECK_OK(process_wait(worker, &end)); // it went on where it was
    CHECK(end.reason == PROCESS_EXITED && end.exit_code == EXIT_CODE);
    CHECK_OK(process_kill(sleeper));
    CHECK_OK(process_wait(sleeper, &end));
}

static void test_errors(void)
{
    CHECK_ERR(monitor_park(init, 0), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(monitor_park(init, disp_get_core_id()), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(monitor_park(init, CORES_MAX - 1), MON_ERR_NO_CORE);
    CHECK_ERR(monitor_resume(init, 1), SYS_ERR_CORE_STATE);
}

int main(int argc, char *argv[])
{
    uint64_t running;
    CHECK_OK(rpc_init_channel(&init));
    if (argc > 1 && strcmp(argv[1], "sleep") == 0) {
        thread_sleep_us(UINT32_MAX);
    } else if (argc > 1 && strcmp(argv[1], "work") == 0) {
        CHECK_ERR(monitor_park(init, 1), RPC_ERR_NOT_ALLOWED);
        const uint64_t until = clock_now_us() + CHILD_US;
        while (clock_now_us() < until) {
        }
        return EXIT_CODE;
    }
    CHECK_OK(monitor_cores(init, &running));
    const uint64_t rounds = argument_number(argc, argv, "calls", DEFAULT_ROUNDS);
    for (uint64_t i = 0; i < rounds; i++) {
        test_errors();
        for (unsigned core = 1; core < CORES_MAX; core++) {
            if (running >> core & 1) {
                test_core(core);
            }
        }
    }
    printf("parking: %lu rounds\n", (unsigned long)rounds);
    return 0;
}
