/**
 * Ends in the way that its argument names: by any kind of fault, by itself, or not at all.
 */
#include <aos/threads.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Addresses that the compiler must not know: it would refuse to use them.
static volatile uintptr_t read_address = 0x8, write_address = 0x10, execute_address = 0x18;

static volatile unsigned depth;

static void read_fault(const char *argument)
{
    (void)argument;
    (void)*(const volatile uint32_t *)read_address;
}

static void write_fault(const char *argument)
{
    (void)argument;
    *(volatile uint32_t *)write_address = 1;
}

static void execute_fault(const char *argument)
{
    (void)argument;
    ((void (*)(void))execute_address)();
}

static void call_null(const char *argument)
{
    (void)argument;
    static void (*volatile function)(void); // NULL
    function();
}

static void undefined_instruction(const char *argument)
{
    (void)argument;
    __asm__ volatile("udf #0");
}

/// Exclusive accesses must be aligned wherever they are (Armv8 ARM B2.5.2).
static void misaligned_access(const char *argument)
{
    (void)argument;
    uint64_t words[2] = {0}, value;
    __asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"((char *)words + 1) : "memory");
}

/// Goes through its stack until it reaches the guard below it.
static void overflow_stack(const char *argument)
{
    volatile char page[1024];
    page[0] = (char)depth++;
    if (depth < 1000000) {
        overflow_stack(argument);
    }
    depth += (unsigned char)page[0];
}

static void exit_with(const char *argument)
{
    exit(atoi(argument));
}

static void call_abort(const char *argument)
{
    (void)argument;
    abort();
}

/// To be killed while it runs,
static void spin(const char *argument)
{
    (void)argument;
    for (;;) {
        depth++;
    }
}

/// and while it does not.
static void wait(const char *argument)
{
    (void)argument;
    for (;;) {
        thread_sleep_us(1000000);
    }
}

static const struct {
    const char *name;
    void (*end)(const char *argument);
} ways[] = {
    {"read", read_fault},
    {"write", write_fault},
    {"execute", execute_fault},
    {"null", call_null},
    {"undefined", undefined_instruction},
    {"misaligned", misaligned_access},
    {"stack", overflow_stack},
    {"exit", exit_with},
    {"abort", call_abort},
    {"spin", spin},
    {"wait", wait},
};

int main(int argc, char *argv[])
{
    for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (strcmp(argv[1], ways[i].name) == 0) {
            ways[i].end(argc > 2 ? argv[2] : "0");
            printf("crasher: %s has no effect\n", argv[1]);
            return EXIT_FAILURE;
        }
    }
    printf("usage: crasher");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        printf("%s%s", i ? "|" : " ", ways[i].name);
    }
    printf(" [NUMBER]\n");
    return EXIT_FAILURE;
}
