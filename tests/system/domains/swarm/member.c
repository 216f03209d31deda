#include "swarm.h"

#define THREADS    2
#define SHARE_ECHO 70 ///< Of a hundred calls.
#define SHARE_MEM  15
#define SHARE_PROC 10

static uint64_t end_cycles, life_calls;

static int work(void *argument)
{
    struct member *member = argument;
    while (cycle_count() < end_cycles && (life_calls == 0 || member->calls < life_calls)) {
        const uint32_t choice = below(member, 100);
        if (choice < SHARE_ECHO) {
            ask_echo(member);
        } else if (choice < SHARE_ECHO + SHARE_MEM) {
            ask_mem(member);
        } else if (choice < SHARE_ECHO + SHARE_MEM + SHARE_PROC) {
            ask_proc(member);
        } else {
            ask_serial(member);
        }
    }
    return 0;
}

int be_member(int argc, char *argv[])
{
    struct member members[THREADS] = {0};
    const uint32_t number = (uint32_t)argument_number(argc, argv, "number", 0);
    const uint32_t seed = (uint32_t)argument_number(argc, argv, "seed", 0);
    const unsigned threads = number % 2 ? THREADS : 1;
    uint64_t calls = 0;
    end_cycles = argument_number(argc, argv, "end", 0);
    life_calls = argument_number(argc, argv, "life", 0);
    echo_open();
    mem_open();
    thread_sleep_until(argument_number(argc, argv, "begin", 0));
    for (unsigned i = 0; i < threads; i++) {
        members[i] = (struct member){.number = number, .random = (seed * THREADS + i) * 2654435761U | 1};
    }
    for (unsigned i = 1; i < threads; i++) {
        CHECK_OK(thread_create(work, &members[i], &members[i].thread));
    }
    work(&members[0]);
    for (unsigned i = 0; i < threads; i++) {
        if (i > 0) {
            CHECK_OK(thread_join(members[i].thread, NULL));
        }
        calls += members[i].calls;
    }
    return (int)(CALLS_SHOWN + calls);
}
