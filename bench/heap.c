/**
 * malloc and free of the strategy that the build chose.
 *
 * pattern=immediate: one block comes and goes. pattern=fifo and random: 1 000 blocks are there, and the
 * oldest, or any of them, makes way for a new one; sizes are 16 to 1 024 bytes. pattern=large: blocks that
 * the address space serves, untouched.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <stdlib.h>

#define BLOCKS      1000
#define MOST_BYTES  1024
#define LEAST_BYTES 16
#define LARGE_BYTES 0x40000
#define FEW         200

enum pattern {
    IMMEDIATE,
    FIFO,
    RANDOM,
};

static struct {
    void *blocks[BLOCKS];
    size_t next; ///< The block that an operation is about.
    size_t bytes;
    uint32_t random;
} heap;

#define CASE(pattern, bytes) ((uint64_t)(pattern) << 32 | (bytes))

static enum pattern pattern_of(const struct bench *bench)
{
    return (enum pattern)(bench->argument >> 32);
}

/// The same sequence for every strategy (xorshift, Marsaglia 2003).
static uint32_t random_number(uint32_t limit)
{
    heap.random ^= heap.random << 13;
    heap.random ^= heap.random >> 17;
    heap.random ^= heap.random << 5;
    return heap.random % limit;
}

/// Chooses the block that the next operation is about, and its size.
static void choose(const struct bench *bench)
{
    if (pattern_of(bench) == IMMEDIATE) {
        heap.bytes = (uint32_t)bench->argument;
        return;
    }
    heap.next = pattern_of(bench) == FIFO ? (heap.next + 1) % BLOCKS : random_number(BLOCKS);
    heap.bytes = LEAST_BYTES + random_number(MOST_BYTES - LEAST_BYTES + 1);
}

static errval_t allocate(const struct bench *bench)
{
    (void)bench;
    heap.blocks[heap.next] = malloc(heap.bytes);
    return heap.blocks[heap.next] ? SYS_ERR_OK : LIB_ERR_RAM_ALLOC_EXHAUSTED;
}

static errval_t setup(const struct bench *bench)
{
    errval_t err = SYS_ERR_OK;
    heap.random = 2463534242;
    heap.next = 0;
    if (pattern_of(bench) == IMMEDIATE) {
        return SYS_ERR_OK;
    }
    for (heap.next = 0; heap.next < BLOCKS && err_is_ok(err); heap.next++) {
        heap.bytes = LEAST_BYTES + random_number(MOST_BYTES - LEAST_BYTES + 1);
        err = allocate(bench);
    }
    heap.next = 0;
    return err;
}

static errval_t teardown(const struct bench *bench)
{
    (void)bench;
    for (size_t i = 0; i < BLOCKS; i++) {
        free(heap.blocks[i]);
        heap.blocks[i] = NULL;
    }
    return SYS_ERR_OK;
}

static errval_t make_way(const struct bench *bench)
{
    choose(bench);
    free(heap.blocks[heap.next]);
    heap.blocks[heap.next] = NULL;
    return SYS_ERR_OK;
}

static errval_t choose_and_allocate(const struct bench *bench)
{
    choose(bench);
    return heap.blocks[heap.next] ? SYS_ERR_OK : allocate(bench);
}

static errval_t malloc_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    size_t bytes = heap.bytes;
    uint64_t begin = cycle_count();
    void *block = malloc(bytes);
    sample->end = cycle_count();
    sample->begin = begin;
    heap.blocks[heap.next] = block;
    return block ? SYS_ERR_OK : LIB_ERR_RAM_ALLOC_EXHAUSTED;
}

static errval_t free_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    void *block = heap.blocks[heap.next];
    uint64_t begin = cycle_count();
    free(block);
    sample->end = cycle_count();
    sample->begin = begin;
    heap.blocks[heap.next] = NULL;
    return SYS_ERR_OK;
}

/// Both, as a program that needs a block for a moment.
static errval_t pair_sample(const struct bench *bench, struct bench_sample *sample)
{
    size_t bytes = (uint32_t)bench->argument;
    uint64_t begin = cycle_count();
    void *block = malloc(bytes);
    __asm__ volatile("" : "+r"(block)); // or the compiler would do without
    free(block);
    sample->end = cycle_count();
    sample->begin = begin;
    return SYS_ERR_OK;
}

#define STRATEGY ",strategy=" HEAP_STRATEGY
#define ROWS(pattern, text, bytes, count)                                                                 \
    {.name = "heap.malloc",                                                                               \
     .params = "pattern=" text STRATEGY,                                                                  \
     .unit = "cycles",                                                                                    \
     .argument = CASE(pattern, bytes),                                                                    \
     .repetitions = (count),                                                                              \
     .setup = setup,                                                                                      \
     .prepare = make_way,                                                                                 \
     .sample = malloc_sample,                                                                             \
     .teardown = teardown},                                                                               \
    {                                                                                                     \
        .name = "heap.free", .params = "pattern=" text STRATEGY, .unit = "cycles",                        \
        .argument = CASE(pattern, bytes), .repetitions = (count), .setup = setup,                         \
        .prepare = choose_and_allocate, .sample = free_sample, .cleanup = allocate, .teardown = teardown, \
    }
#define PAIR(size)                                                                                    \
    {                                                                                                 \
        .name = "heap.pair", .params = "bytes=" #size STRATEGY, .unit = "cycles", .argument = (size), \
        .sample = pair_sample,                                                                        \
    }

static const struct bench benches[] = {
    PAIR(16),
    PAIR(64),
    PAIR(1024),
    PAIR(16384),
    ROWS(IMMEDIATE, "immediate", 64, 0),
    ROWS(FIFO, "fifo", 0, 0),
    ROWS(RANDOM, "random", 0, 0),
    ROWS(IMMEDIATE, "large", LARGE_BYTES, FEW),
};

BENCH_SUITE(heap, benches);
