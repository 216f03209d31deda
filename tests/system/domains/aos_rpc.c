/**
 * Every call of <aos/aos_rpc.h>, as a program of document C would use it. With an argument it is one of its
 * own children.
 *
 * Arguments: how=ROLE.
 */
#include "check.h"

#include <aos/aos.h>
#include <aos/aos_rpc.h>
#include <interfaces/test.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RAM_BYTES   0x5000UL
#define RAM_ALIGNED 0x10000UL
#define THREADS     8
#define CALLS       200
#define WAIT_US     1000
#define COST_CALLS  100

/* init */

static void try_init(void)
{
    static struct aos_rpc rpc;
    char *text = malloc(0x10000);
    CHECK(text);
    memset(text, 'z', 0x10000);
    text[0xffff] = 0;
    CHECK(get_init_rpc() == aos_rpc_get_init_channel());
    struct aos_rpc *before = get_init_rpc();
    CHECK_OK(aos_rpc_init(&rpc));
    set_init_rpc(&rpc);
    CHECK(get_init_rpc() == &rpc);
    CHECK_OK(aos_rpc_send_number(get_init_rpc(), 0xcafe));
    CHECK_OK(aos_rpc_send_string(get_init_rpc(), "a string"));
    CHECK_OK(aos_rpc_send_string(get_init_rpc(), ""));
    CHECK_OK(aos_rpc_send_string(get_init_rpc(), text));
    CHECK_ERR(aos_rpc_send_number(aos_rpc_get_serial_channel(), 1), RPC_ERR_INTERFACE);
    set_init_rpc(NULL);
    CHECK(get_init_rpc() == before);
    free(text);
}

/* Memory */

static void use_ram(struct capref ram, size_t bytes)
{
    struct capability_info info;
    struct capref frame;
    void *address;
    CHECK_OK(cap_identify(ram, &info));
    CHECK(info.type == ObjType_RAM && info.bytes == bytes);
    CHECK_OK(slot_alloc(&frame));
    CHECK_OK(cap_retype(frame, ram, 0, ObjType_Frame, bytes, 1));
    CHECK_OK(
        paging_map_frame_attr(get_current_paging_state(), &address, bytes, frame, VREGION_FLAGS_READ_WRITE));
    memset(address, 1, bytes);
    CHECK_OK(paging_unmap(get_current_paging_state(), address));
    CHECK_OK(cap_destroy(frame));
    CHECK_OK(cap_destroy(ram));
}

static void try_memory(void)
{
    struct aos_rpc *memory = aos_rpc_get_memory_channel();
    struct capref ram;
    size_t bytes;
    CHECK_OK(aos_rpc_get_ram_cap(memory, RAM_BYTES, &ram, &bytes));
    CHECK(bytes >= RAM_BYTES);
    use_ram(ram, bytes);
    CHECK_OK(aos_rpc_get_ram_cap_aligned(memory, 1, RAM_ALIGNED, &ram, NULL));
    struct capability_info info;
    CHECK_OK(cap_identify(ram, &info));
    CHECK(info.base % RAM_ALIGNED == 0);
    CHECK_OK(cap_destroy(ram));
    // As in document C, where init serves memory.
    CHECK_OK(aos_rpc_get_ram_cap(get_init_rpc(), BASE_PAGE_SIZE, &ram, &bytes));
    use_ram(ram, bytes);
    CHECK_ERR(aos_rpc_get_ram_cap(memory, 1UL << 30, &ram, &bytes), MEM_ERR_QUOTA);
    CHECK_ERR(aos_rpc_get_ram_cap_aligned(memory, BASE_PAGE_SIZE, 3, &ram, &bytes), MEM_ERR_ARGUMENT);
}

/* The console */

static int put_line(void *argument)
{
    char line[32];
    for (unsigned i = 0; i < CALLS; i++) {
        size_t bytes = (size_t)sprintf(line, "thread %u\n", (unsigned)(uintptr_t)argument);
        CHECK_OK(aos_rpc_serial_write(aos_rpc_get_serial_channel(), line, bytes));
    }
    return 0;
}

/// Of a line of so many bytes; 0: of a call that does nothing.
static unsigned long cost_of(size_t bytes)
{
    static char text[256];
    struct aos_rpc *serial = aos_rpc_get_serial_channel();
    memset(text, '.', sizeof(text));
    text[bytes ? bytes - 1 : 0] = '\n';
    uint64_t begin = cycle_count();
    for (unsigned i = 0; i < COST_CALLS; i++) {
        CHECK_OK(bytes ? aos_rpc_serial_write(serial, text, bytes) : aos_rpc_serial_flush(serial));
    }
    return (cycle_count() - begin) / COST_CALLS;
}

static void try_serial(void)
{
    struct aos_rpc *serial = aos_rpc_get_serial_channel();
    struct thread *threads[THREADS];
    char character = '?';
    for (const char *at = "by putchar\n"; *at; at++) {
        CHECK_OK(aos_rpc_serial_putchar(serial, *at));
    }
    CHECK_OK(aos_rpc_serial_write(get_init_rpc(), "by write\n", 9));
    CHECK_OK(aos_rpc_serial_write(serial, "no end", 6));
    CHECK_OK(aos_rpc_serial_flush(serial));
    CHECK_OK(aos_rpc_serial_putchar(serial, '\n'));
    CHECK_ERR(aos_rpc_serial_getchar(serial, &character), SERIAL_ERR_NO_INPUT);
    CHECK(character == '?' && getchar() == EOF);
    printf("a prompt: ");
    CHECK(fflush(stdout) == 0 && fsync(STDOUT_FILENO) == 0);
    printf("\n");
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK_OK(thread_create(put_line, (void *)i, &threads[i]));
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK_OK(thread_join(threads[i], NULL));
    }
    printf("serial: a call that does nothing %lu, a line of 20 bytes %lu, of 100 %lu instructions\n",
           cost_of(0), cost_of(20), cost_of(100));
}

/// One call fails, the next finds the new service.
static void try_restart(void)
{
    struct rpc_client *init;
    CHECK_OK(rpc_connect("test", &test_interface, &init));
    CHECK_OK(aos_rpc_serial_flush(aos_rpc_get_serial_channel()));
    CHECK_OK(test_kill_service(init, "serial"));
    CHECK_ERR(aos_rpc_serial_flush(aos_rpc_get_serial_channel()), RPC_ERR_PEER_GONE);
    CHECK_OK(aos_rpc_serial_flush(aos_rpc_get_serial_channel()));
    CHECK_OK(test_kill_service(init, "serial"));
    printf("printed all the same\n");
    rpc_disconnect(init);
}

/* Processes */

static void try_spawn(void)
{
    struct aos_rpc *processes = aos_rpc_get_process_channel();
    static const char *const argv[] = {"aos_rpc", "how=status", "two words"};
    static const char *const envp[] = {"KEY=value", NULL};
    struct process_end end;
    domainid_t pid;
    CHECK_OK(aos_rpc_process_spawn(processes, "aos_rpc how=exit", disp_get_core_id(), &pid));
    CHECK_OK(aos_rpc_process_wait(processes, pid, &end));
    CHECK(end.reason == PROCESS_EXITED && end.exit_code == 7);
    CHECK_OK(aos_rpc_process_spawn_with_args(processes, 3, argv, envp, disp_get_core_id(), &pid));
    CHECK_OK(aos_rpc_process_wait(processes, pid, &end));
    CHECK(end.reason == PROCESS_EXITED && end.exit_code == 42);
    CHECK_OK(aos_rpc_process_spawn_blocking(processes, "aos_rpc how=fault", disp_get_core_id(), &end));
    CHECK(end.reason == PROCESS_FAULTED && end.address == 8);
    CHECK_ERR(aos_rpc_process_spawn(processes, "no such program", disp_get_core_id(), &pid),
              SPAWN_ERR_FIND_MODULE);
    CHECK_ERR(aos_rpc_process_spawn(processes, " ", disp_get_core_id(), &pid), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(aos_rpc_process_wait(processes, 1U << 30, &end), PROC_ERR_NO_PROCESS);
}

static void try_one_that_runs(void)
{
    struct aos_rpc *processes = aos_rpc_get_process_channel();
    struct process_status status;
    struct process_end end;
    domainid_t pid, *pids;
    size_t count;
    bool found = false;
    char *name;
    CHECK_OK(aos_rpc_process_spawn(processes, "aos_rpc how=stay", disp_get_core_id(), &pid));
    CHECK_OK(aos_rpc_process_get_name(processes, pid, &name));
    CHECK(strcmp(name, "aos_rpc") == 0);
    free(name);
    CHECK_OK(aos_rpc_process_get_all_pids(processes, &pids, &count));
    for (size_t i = 0; i < count; i++) {
        found |= pids[i] == pid;
    }
    CHECK(found);
    free(pids);
    CHECK_OK(aos_rpc_process_get_status(processes, pid, &status));
    CHECK(status.state == PROCESS_RUNNING);
    CHECK_OK(aos_rpc_process_kill(processes, pid));
    CHECK_OK(aos_rpc_process_wait(processes, pid, &end));
    CHECK(end.reason == PROCESS_KILLED);
    CHECK_ERR(aos_rpc_process_kill(processes, pid), PROC_ERR_NO_PROCESS);
    CHECK_ERR(aos_rpc_process_get_status(processes, pid, &status), PROC_ERR_NO_PROCESS);
    CHECK_ERR(aos_rpc_process_get_name(processes, pid, &name), PROC_ERR_NO_PROCESS);
}

/* The children */

static volatile char *volatile nowhere = (volatile char *)8;

static int be_child(const char *role, int argc, char *argv[])
{
    if (strcmp(role, "how=exit") == 0) {
        CHECK_OK(aos_rpc_process_exit(aos_rpc_get_process_channel(), 7));
    } else if (strcmp(role, "how=status") == 0) {
        CHECK(argc == 3 && strcmp(argv[2], "two words") == 0 && strcmp(getenv("KEY"), "value") == 0);
        return 42;
    } else if (strcmp(role, "how=fault") == 0) {
        *nowhere = 0;
    } else if (strcmp(role, "how=stay") == 0) {
        for (;;) {
            thread_sleep_us(WAIT_US);
        }
    }
    return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
    if (argc > 1 && strncmp(argv[1], "how=", 4) == 0) {
        return be_child(argv[1], argc, argv);
    }
    try_init();
    try_memory();
    try_serial();
    try_restart();
    try_spawn();
    try_one_that_runs();
    printf("aos_rpc: every call does what it says\n");
    return EXIT_SUCCESS;
}
