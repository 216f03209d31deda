/**
 * Crashes in the way that its argument names; services/init/tests.c knows what must be heard of it.
 */
#include "check.h"

#include <aos/aos.h>
#include <aos/dispatch.h>
#include <aos/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Addresses that the compiler must not know: it would refuse to use them.
static volatile uintptr_t read_address = 0x8, write_address = 0x10, execute_address = 0x18;
static volatile uintptr_t kernel_address = 0xffff000000000000, text_address = USER_IMAGE_BASE;

static int in_data;
static volatile unsigned depth;

static void read_null_page(void)
{
    (void)*(const volatile uint32_t *)read_address;
}

static void write_null_page(void)
{
    *(volatile uint32_t *)write_address = 1;
}

static void execute_null_page(void)
{
    ((void (*)(void))execute_address)();
}

static void read_kernel(void)
{
    (void)*(const volatile uint32_t *)kernel_address;
}

static void write_text(void)
{
    *(volatile uint32_t *)text_address = 0;
}

static void execute_data(void)
{
    ((void (*)(void))(uintptr_t)&in_data)();
}

/// Goes through its stack until it reaches the guard below it.
static void overflow_stack(void)
{
    volatile char page[1024];
    page[0] = (char)depth++;
    if (depth < 1000000) {
        overflow_stack();
    }
    depth += page[0];
}

static int overflow_in_thread(void *arg)
{
    (void)arg;
    overflow_stack();
    return 0;
}

/// A thread's stack has its own guard.
static void overflow_thread_stack(void)
{
    if (err_is_ok(thread_create(overflow_in_thread, NULL, NULL))) {
        thread_yield();
    }
}

static void execute_undefined(void)
{
    __asm__ volatile("udf #0");
}

#define OWN_ENTRY 300 ///< Of the root page table; nothing else is there.

static struct capref new_slot(void)
{
    struct capref slot;
    CHECK_OK(slot_alloc(&slot));
    return slot;
}

/// Writes to two pages, and then only one of them may still be written: no old translation stays behind, and
/// the other page keeps its own.
static void write_protected(void)
{
    struct capref ram, frame, mapping = new_slot(), table = cap_vroot;
    CHECK_OK(ram_alloc_aligned(&ram, 4 * BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    CHECK_OK(frame_alloc(&frame, 2 * BASE_PAGE_SIZE, NULL));
    for (unsigned level = 1; level <= 3; level++) {
        struct capref next = new_slot();
        CHECK_OK(cap_retype(next, ram, level * BASE_PAGE_SIZE, ObjType_VNode_AARCH64_l0 + level, 0, 1));
        CHECK_OK(vnode_map(table, next, level == 1 ? OWN_ENTRY : 0, 0, 0, 1, new_slot()));
        table = next;
    }
    CHECK_OK(vnode_map(table, frame, 0, VREGION_FLAGS_READ_WRITE, 0, 2, mapping));
    volatile uint64_t *pages = (volatile uint64_t *)((uintptr_t)OWN_ENTRY << 39);
    volatile uint64_t *second = pages + BASE_PAGE_SIZE / sizeof(*pages);
    *pages = *second = 1;
    CHECK_OK(vnode_protect(table, mapping, 0, 1, VREGION_FLAGS_READ));
    *second = *pages + 1;
    CHECK_OK(vnode_protect(table, mapping, 0, 2, VREGION_FLAGS_READ_WRITE));
    *pages = *second + 1;
    CHECK_OK(vnode_protect(table, mapping, 1, 1, VREGION_FLAGS_READ));
    *pages += *second;
    CHECK(*pages == 5 && *second == 2);
    *second = 0;
}

/// A dispatcher that faults while disabled gets no upcall: the kernel ends it.
static void fault_disabled(void)
{
    curdispatcher()->disabled = 1;
    read_null_page();
}

static void exit_with_status(void)
{
    exit(7);
}

static const struct {
    const char *kind;
    void (*crash)(void);
} crashes[] = {
    {"read", read_null_page},          {"write", write_null_page}, {"execute", execute_null_page},
    {"kernel", read_kernel},           {"text", write_text},       {"data", execute_data},
    {"thread", overflow_thread_stack}, {"stack", overflow_stack},  {"trap", execute_undefined},
    {"disabled", fault_disabled},      {"abort", abort},           {"exit", exit_with_status},
    {"protect", write_protected},
};

int main(int argc, char *argv[])
{
    for (size_t i = 0; i < ARRAY_LENGTH(crashes) && argc == 2; i++) {
        if (strcmp(argv[1], crashes[i].kind) == 0) {
            crashes[i].crash();
        }
    }
    printf("crash: still alive\n");
    return EXIT_FAILURE;
}
