#include "../arguments.h"
#include "threads.h"

#include <stdio.h>

#define DEFAULT_ROUNDS 4

int main(int argc, char *argv[])
{
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
    test_preemption(argument_number(argc, argv, "calls", DEFAULT_ROUNDS));
    test_calls_between_threads();
    test_waiting_while_others_run();
    printf("threads: all checks hold\n");
    return EXIT_SUCCESS;
}
