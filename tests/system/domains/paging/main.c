/**
 * Everything that a domain can do with its address space, and nothing is missing afterwards.
 */
#include "paging.h"

#include <stdio.h>
#include <stdlib.h>

#define INSTRUCTION_BYTES 4

static volatile bool skipped;

/// Goes on behind the access.
static bool skip(unsigned kind, uintptr_t address, struct registers *registers)
{
    (void)kind;
    (void)address;
    skipped = true;
    registers->pc += INSTRUCTION_BYTES;
    return true;
}

/// Both are one instruction, so that it is known what is skipped.
bool can_read(const volatile void *address)
{
    uint32_t value;
    thread_fault_handler_t before = thread_set_fault_handler(skip);
    skipped = false;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    thread_set_fault_handler(before);
    return !skipped;
}

bool can_write(volatile void *address)
{
    thread_fault_handler_t before = thread_set_fault_handler(skip);
    skipped = false;
    __asm__ volatile("strb wzr, [%0]" : : "r"(address) : "memory");
    thread_set_fault_handler(before);
    return !skipped;
}

static gensize_t accounted_bytes(void)
{
    return ram_alloc_free_bytes() + ram_alloc_kept_bytes();
}

int main(void)
{
    const bool huge = ram_alloc_free_bytes() >= RAM_FOR_HUGE;
    static void (*const tests[])(void) = {test_mappings, test_regions, test_faults};
    for (unsigned i = 0; i < ARRAY_LENGTH(tests); i++) {
        tests[i](); // what is made once is made
        const gensize_t before = accounted_bytes();
        tests[i]();
        CHECK(accounted_bytes() == before);
    }
    printf("paging: all checks hold, %s pages of 1 GiB\n", huge ? "with" : "without");
    return EXIT_SUCCESS;
}
