#include "threads.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_ROUNDS 4

int main(int argc, char *argv[])
{
    unsigned long rounds = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "calls=", 6) == 0) {
            rounds = strtoul(argv[i] + 6, NULL, 10);
        }
    }
    test_life();
    test_thread_local_data();
    test_memory_comes_back();
    test_library_from_all_threads();
    test_mutex();
    test_conditions();
    test_semaphores();
    test_once();
    test_rwlock();
    test_sleep();
    test_preemption(rounds ? rounds : DEFAULT_ROUNDS);
    test_calls_between_threads();
    test_waiting_while_others_run();
    printf("threads: all checks hold\n");
    return EXIT_SUCCESS;
}
