#include "threads.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MANY   60
#define LOOPS  400
#define PIECES 16

static unsigned ran;

static int give_number(void *arg)
{
    ran++;
    thread_yield();
    return (int)(uintptr_t)arg;
}

static void leave(void)
{
    thread_exit(1234);
}

static int exit_deep(void *arg)
{
    (void)arg;
    leave();
    return 0;
}

static int join_it(void *arg)
{
    int status;
    CHECK_OK(thread_join(arg, &status));
    return status + 1;
}

/// Uses most of a big stack.
static int use_stack(void *arg)
{
    volatile char room[0x40000];
    memset((char *)room, 7, sizeof(room));
    return room[(uintptr_t)arg] + room[sizeof(room) - 1];
}

void test_life(void)
{
    struct thread *thread, *joiner;
    int status;
    run_threads(MANY, give_number);
    CHECK(ran == MANY);
    CHECK(thread_join(thread_self(), NULL) == LIB_ERR_THREAD_JOIN);
    CHECK(thread_number(thread_self()) == 1);

    CHECK_OK(thread_create(exit_deep, NULL, &thread));
    CHECK_OK(thread_join(thread, &status));
    CHECK(status == 1234);

    // Joined by another thread, and by nobody else at the same time.
    CHECK_OK(thread_create(exit_deep, NULL, &thread));
    CHECK_OK(thread_create(join_it, thread, &joiner));
    CHECK_OK(thread_join(joiner, &status));
    CHECK(status == 1235);

    // Detached before and after its end.
    ran = 0;
    CHECK_OK(thread_create(give_number, NULL, &thread));
    CHECK_OK(thread_detach(thread));
    CHECK(thread_join(thread, NULL) == LIB_ERR_THREAD_JOIN);
    CHECK(thread_detach(thread) == LIB_ERR_THREAD_JOIN);
    while (!*(volatile unsigned *)&ran) {
        thread_yield();
    }
    CHECK_OK(thread_create(exit_deep, NULL, &thread));
    thread_yield();
    thread_yield();
    CHECK_OK(thread_detach(thread));

    CHECK_OK(thread_create_with(use_stack, NULL, 0x41000, &thread));
    CHECK_OK(thread_join(thread, &status));
    CHECK(status == 14);
    CHECK_ERR(thread_create_with(use_stack, NULL, ~0UL, &thread), SYS_ERR_INVALID_ARGUMENT);
    // A stack takes memory where it is used only.
    CHECK_OK(thread_create_with(use_stack, NULL, 1UL << 32, &thread));
    CHECK_OK(thread_join(thread, &status));
    CHECK(status == 14);
}

static _Thread_local uint64_t initialised = 0x1234567890abcdef;
static _Thread_local unsigned zeroed;

static int own_data(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg;
    CHECK(errno == 0 && initialised == 0x1234567890abcdef && zeroed == 0);
    errno = (int)number + 100;
    initialised = number;
    for (unsigned i = 0; i < 50; i++) {
        zeroed++;
        thread_yield();
    }
    CHECK(errno == (int)number + 100 && initialised == number && zeroed == 50);
    return (int)number;
}

void test_thread_local_data(void)
{
    errno = 7;
    zeroed = 8;
    run_threads(MANY / 4, own_data);
    run_threads(MANY / 4, own_data); // on stacks that were used before
    CHECK(errno == 7 && zeroed == 8);
}

static void come_and_go(unsigned loops)
{
    for (unsigned i = 0; i < loops; i++) {
        struct thread *thread;
        int status;
        CHECK_OK(thread_create(give_number, (void *)5, &thread));
        CHECK_OK(thread_create(give_number, (void *)5, NULL)); // nobody joins it
        CHECK_OK(thread_join(thread, &status));
        CHECK(status == 5);
        CHECK_OK(thread_create_with(give_number, (void *)6, 3 * BASE_PAGE_SIZE, &thread)); // not kept
        CHECK_OK(thread_join(thread, &status));
        CHECK(status == 6);
    }
    thread_yield();
    thread_yield();
}

/// More rounds than there are slots in a CNode: whatever stayed behind would show as memory.
void test_memory_comes_back(void)
{
    come_and_go(5);
    gensize_t before = ram_alloc_free_bytes();
    come_and_go(LOOPS);
    CHECK(ram_alloc_free_bytes() == before);
}

static int use_libraries(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg;
    for (unsigned round = 0; round < 20; round++) {
        char *pieces[PIECES], text[32];
        struct capref slot, frame;
        void *window;
        for (unsigned i = 0; i < PIECES; i++) {
            size_t bytes = 16 + (round * 37 + i * 101 + number * 13) % 300;
            CHECK((pieces[i] = malloc(bytes)) != NULL);
            memset(pieces[i], (int)(number + i), 16);
        }
        CHECK_OK(slot_alloc(&slot));
        CHECK_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
        CHECK_OK(paging_map_frame(get_current_paging_state(), &window, BASE_PAGE_SIZE, frame));
        *(volatile unsigned *)window = number;
        thread_yield();
        snprintf(text, sizeof(text), "%u %.2f", number, round / 4.0);
        CHECK(strtoul(text, NULL, 10) == number && strtod(strchr(text, ' '), NULL) * 4 == round);
        CHECK(*(volatile unsigned *)window == number);
        CHECK_OK(paging_unmap(get_current_paging_state(), window));
        CHECK_OK(ram_free(frame));
        CHECK_OK(slot_free(slot));
        for (unsigned i = 0; i < PIECES; i++) {
            CHECK(pieces[i][0] == (char)(number + i) && pieces[i][15] == (char)(number + i));
            free(pieces[i]);
        }
    }
    printf("thread %u: done\n", number);
    return (int)number;
}

void test_library_from_all_threads(void)
{
    run_threads(8, use_libraries);
}
