#include "paging.h"

#include <aos/sync.h>
#include <malloc.h>
#include <stdlib.h>

#define THREADS 6
#define PAGES   64
#define ROUNDS  20

static struct paging_region region;
static volatile uint64_t *pages;

static volatile uint64_t *word_of(unsigned page, unsigned number)
{
    return pages + page * BASE_PAGE_SIZE / sizeof(uint64_t) + number;
}

/// All threads touch all pages, at the same time, each in another order.
static int touch_all(void *arg)
{
    unsigned number = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < PAGES; i++) {
        unsigned page = (i * (2 * number + 1)) % PAGES;
        CHECK(*word_of(page, number) == 0);
        *word_of(page, number) = number + 1;
        if (i % 5 == number % 5) {
            thread_yield();
        }
    }
    return 0;
}

static void test_faults_at_once(struct paging_state *st)
{
    struct thread *threads[THREADS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        CHECK_OK(paging_region_init(st, &region, PAGES * BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE));
        CHECK_OK(paging_region_map(&region, PAGES * BASE_PAGE_SIZE, (void **)&pages, NULL));
        for (unsigned i = 0; i < THREADS; i++) {
            CHECK_OK(thread_create(touch_all, (void *)(uintptr_t)i, &threads[i]));
        }
        for (unsigned i = 0; i < THREADS; i++) {
            CHECK_OK(thread_join(threads[i], NULL));
        }
        for (unsigned i = 0; i < THREADS * PAGES; i++) {
            CHECK(*word_of(i % PAGES, i / PAGES) == i / PAGES + 1);
        }
        paging_region_destroy(&region);
    }
}

/// Memory of the heap is fresh in the middle of malloc(), when the strategy writes into it.
static void test_faults_in_malloc(void)
{
    void *blocks[40];
    for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++) {
        CHECK((blocks[i] = malloc(30000)) != NULL);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++) {
        free(blocks[i]);
    }
}

/// Locks that are all zero, in memory that nobody has touched yet, one across the border of two pages.
static void test_locks_in_fresh_memory(void)
{
    const size_t large = 64 * BASE_PAGE_SIZE;
    char *memory = calloc(1, large);
    CHECK(memory != NULL);
    char *border = (char *)ROUND_UP((uintptr_t)memory, BASE_PAGE_SIZE) + 8 * BASE_PAGE_SIZE - 16;
    struct thread_sem *sem = (struct thread_sem *)border;
    struct thread_cond *cond = (struct thread_cond *)(border + 8 * BASE_PAGE_SIZE + 8);
    struct thread_rwlock *rwlock = (struct thread_rwlock *)(border + 16 * BASE_PAGE_SIZE);
    struct thread_mutex *mutex = (struct thread_mutex *)(border + 24 * BASE_PAGE_SIZE);
    thread_sem_post(sem);
    CHECK(thread_sem_trywait(sem) && !thread_sem_trywait(sem));
    thread_cond_broadcast(cond);
    thread_rwlock_write(rwlock);
    thread_rwlock_unlock(rwlock);
    CHECK(err_is_ok(thread_mutex_lock_until(mutex, 1)));
    thread_mutex_unlock(mutex);
    free(memory);
}

static volatile unsigned handled;
static struct capref supplied[4];

/// Maps what is missing itself, as a pager of the program's own does.
static bool supply(unsigned kind, uintptr_t address, struct registers *registers)
{
    (void)kind;
    (void)registers;
    struct capref *frame = &supplied[handled++];
    CHECK_OK(frame_alloc(frame, BASE_PAGE_SIZE, NULL));
    CHECK_OK(paging_map_fixed(get_current_paging_state(), ROUND_DOWN(address, BASE_PAGE_SIZE), *frame,
                              BASE_PAGE_SIZE));
    return true;
}

/// A handler that uses nearly all of its stack, and then touches pages that the library supplies.
static bool deep(unsigned kind, uintptr_t address, struct registers *registers)
{
    (void)kind;
    (void)address;
    volatile char space[THREAD_FAULT_STACK_BYTES - 0x800];
    space[0] = 1;
    for (unsigned page = 0; page < PAGES; page++) {
        *word_of(page, 0) = (uint64_t)space[0];
    }
    registers->pc += 4;
    handled++;
    return true;
}

static int use_handlers(void *arg)
{
    (void)arg;
    struct paging_state *st = get_current_paging_state();
    CHECK(thread_set_fault_handler(deep) == NULL);
    CHECK_OK(paging_region_init(st, &region, PAGES * BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE));
    CHECK_OK(paging_region_map(&region, PAGES * BASE_PAGE_SIZE, (void **)&pages, NULL));
    handled = 0;
    __asm__ volatile("strb wzr, [%0]" : : "r"(8UL) : "memory");
    CHECK(handled == 1);
    for (unsigned page = 0; page < PAGES; page++) {
        CHECK(*word_of(page, 0) == 1);
    }
    paging_region_destroy(&region);
    CHECK(thread_set_fault_handler(NULL) == deep);
    return 0;
}

static void test_handlers(struct paging_state *st)
{
    const lvaddr_t base = 1UL << 47; // where nothing else is put
    CHECK(thread_set_fault_handler(supply) == NULL);
    handled = 0;
    for (unsigned page = 0; page < 4; page++) {
        *(volatile uint64_t *)(base + page * BASE_PAGE_SIZE) = page;
    }
    CHECK(handled == 4 && *(volatile uint64_t *)(base + BASE_PAGE_SIZE) == 1);
    CHECK(thread_set_fault_handler(NULL) == supply);
    for (unsigned page = 0; page < 4; page++) {
        CHECK_OK(paging_unmap(st, (void *)(base + page * BASE_PAGE_SIZE)));
        CHECK_OK(ram_free(supplied[page]));
    }
    struct thread *thread;
    CHECK_OK(thread_create(use_handlers, NULL, &thread));
    CHECK_OK(thread_join(thread, NULL));
}

static __attribute__((noinline)) unsigned go_down(unsigned steps)
{
    volatile char space[1000];
    space[0] = (char)steps;
    unsigned count = steps > 0 ? go_down(steps - 1) : 0;
    return count + (space[0] == (char)steps);
}

static int use_stack(void *arg)
{
    return (int)go_down((unsigned)(uintptr_t)arg);
}

/// Stacks grow: that of main() to a megabyte, those of threads to what they were made with, and give it back.
static void test_stacks(void)
{
    struct thread *thread;
    int status;
    CHECK(go_down(900) == 901);
    CHECK_OK(thread_create_with(use_stack, (void *)4000, 5000000, &thread));
    CHECK_OK(thread_join(thread, &status));
    CHECK(status == 4001);
    CHECK_OK(thread_create(use_stack, (void *)50, &thread));
    CHECK_OK(thread_join(thread, &status));
    CHECK(status == 51);
}

void test_faults(void)
{
    struct paging_state *st = get_current_paging_state();
    test_faults_at_once(st);
    test_faults_in_malloc();
    test_locks_in_fresh_memory();
    test_handlers(st);
    test_stacks();
}
