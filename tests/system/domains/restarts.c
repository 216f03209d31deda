/**
 * Services that are killed: who waits for them gets an error, they come back, and calls work again.
 *
 * Arguments: calls=N, how often every service is killed.
 */
#include "arguments.h"
#include "check.h"

#include <aos/aos.h>
#include <aos/process.h>
#include <aos/rpc.h>
#include <aos/threads.h>
#include <interfaces/mem.h>
#include <interfaces/serial.h>
#include <interfaces/test.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_ROUNDS 3
#define WAITERS        3
#define NAP_US         2000 ///< Long enough for a call to be under way.

static struct rpc_client *init;

static errval_t spawn(const char *program, const char *argument, domainid_t *pid)
{
    const char *const argv[] = {program, argument, NULL};
    return process_spawn(program, argv, NULL, pid);
}

/// A call that waits for what will not come.
static int wait_for(void *argument)
{
    struct process_end end;
    CHECK_ERR(process_wait((domainid_t)(uintptr_t)argument, &end), RPC_ERR_PEER_GONE);
    return 0;
}

static void check_processes(void)
{
    domainid_t pid;
    struct process_end end;
    CHECK_OK(spawn("crasher", "read", &pid));
    CHECK_OK(process_wait(pid, &end));
    CHECK(end.reason == PROCESS_FAULTED);
}

/// Several threads wait for a process when its server is killed, with all that it had started.
static void kill_processes(const char *service)
{
    struct thread *waiters[WAITERS];
    domainid_t pid;
    CHECK_OK(spawn("crasher", "wait", &pid));
    for (unsigned i = 0; i < WAITERS; i++) {
        CHECK_OK(thread_create(wait_for, (void *)(uintptr_t)pid, &waiters[i]));
    }
    thread_sleep_us(NAP_US);
    CHECK_OK(test_kill_service(init, service));
    for (unsigned i = 0; i < WAITERS; i++) {
        CHECK_OK(thread_join(waiters[i], NULL));
    }
    struct process_status status;
    CHECK_ERR(process_get_status(pid, &status), PROC_ERR_NO_PROCESS); // says the new server
    check_processes();
}

static void kill_memory(void)
{
    struct rpc_client *mem;
    struct capref ram;
    uint64_t bytes;
    CHECK_OK(rpc_connect("mem", &mem_interface, &mem));
    CHECK_OK(mem_get_ram(mem, BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram, &bytes));
    CHECK_OK(test_kill_service(init, "mem"));
    CHECK_ERR(mem_get_ram(mem, BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram, &bytes), RPC_ERR_PEER_GONE);
    rpc_disconnect(mem);
    struct capability_info info;
    CHECK_ERR(cap_identify(ram, &info), SYS_ERR_CAP_NOT_FOUND); // it was taken back
    CHECK_OK(slot_free(ram));
    CHECK_OK(rpc_connect("mem", &mem_interface, &mem));
    CHECK_OK(mem_get_ram(mem, BASE_PAGE_SIZE, BASE_PAGE_SIZE, &ram, &bytes));
    CHECK_OK(cap_destroy(ram));
    rpc_disconnect(mem);
    struct process_status status;
    CHECK_ERR(process_get_status(1, &status), RPC_ERR_PEER_GONE); // proc was started anew, too
}

static void kill_serial(void)
{
    struct rpc_client *serial;
    CHECK_OK(rpc_connect("serial", &serial_interface, &serial));
    CHECK_OK(serial_flush(serial));
    CHECK_OK(test_kill_service(init, "serial"));
    CHECK_ERR(serial_flush(serial), RPC_ERR_PEER_GONE);
    rpc_disconnect(serial);
    CHECK_OK(rpc_connect("serial", &serial_interface, &serial));
    CHECK_OK(serial_flush(serial));
    rpc_disconnect(serial);
}

/// What init has when everything is up again.
struct balance {
    uint64_t free_bytes, slots;
};

static struct balance take_balance(void)
{
    struct balance balance = {0};
    check_processes();
    CHECK_OK(test_free_memory(init, &balance.free_bytes));
    CHECK_OK(test_used_slots(init, &balance.slots));
    return balance;
}

int main(int argc, char *argv[])
{
    const unsigned long rounds = argument_number(argc, argv, "calls", DEFAULT_ROUNDS);
    struct balance before = {0};
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    CHECK_ERR(test_kill_service(init, "nobody"), RPC_ERR_NO_SERVICE);
    for (unsigned long round = 0; round <= rounds; round++) {
        kill_processes("proc");
        kill_processes("mem");
        kill_memory();
        kill_serial();
        const struct balance now = take_balance();
        if (round > 0 && (now.free_bytes != before.free_bytes || now.slots != before.slots)) {
            USER_PANIC("in round %lu init has %ld bytes less and %ld slots more in use", round,
                       (long)(before.free_bytes - now.free_bytes), (long)(now.slots - before.slots));
        }
        before = now; // what is made once has been made in the first round
    }
    printf("restarts: every service came back %lu times\n", rounds + 1);
    return EXIT_SUCCESS;
}
