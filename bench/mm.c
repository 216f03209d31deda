/**
 * The physical memory manager of the strategy that the build chose.
 *
 * Rows with on=ranges measure its range tracking alone, on addresses that no capability stands behind, so
 * that strategies are compared and not the kernel; those with on=capabilities a whole ram_alloc or ram_free.
 * A block has one page, in the pattern `random` and for the fragmentation 1 to 16.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <mm/ranges.h>
#include <stdlib.h>

#define MOST_BLOCKS        1000
#define MOST_PAGES         16 ///< Of a block.
#define SPACE_BASE         0x40000000UL
#define SPACE_PAGES        16384 ///< More than any pattern needs.
#define CROWDED_PAGES      12    ///< A block has, of the space of a fragmentation bench; 8.5 are allocated.
#define NODES_BYTES        (2 * MOST_BLOCKS * 96)
#define CHANGES_A_SAMPLE   16
#define FRAGMENTATION_RUNS 64

enum pattern {
    SEQUENTIAL,        ///< All blocks are allocated, then all freed in the same order.
    RANDOM,            ///< Any block is freed, and one of another size takes its place.
    PRODUCER_CONSUMER, ///< The oldest block is freed, a new one allocated.
    LONG_LIVED,        ///< One block comes and goes between others that stay, with gaps between them.
};

struct block {
    genpaddr_t base;
    gensize_t bytes; ///< 0: not allocated.
};

static struct {
    struct ranges ranges;
    void *nodes;
    struct block blocks[MOST_BLOCKS + 1];
    size_t count;
    size_t next; ///< The block that an operation is about.
    uint32_t random;
    struct capref cap;
} mm;

/* What `argument` of a bench holds. */
#define CASE(pattern, blocks) ((uint64_t)(pattern) << 32 | (blocks))

static enum pattern pattern_of(const struct bench *bench)
{
    return (enum pattern)(bench->argument >> 32);
}

/// The same sequence for every strategy (xorshift, Marsaglia 2003).
static uint32_t random_number(uint32_t limit)
{
    mm.random ^= mm.random << 13;
    mm.random ^= mm.random >> 17;
    mm.random ^= mm.random << 5;
    return mm.random % limit;
}

static errval_t allocate(size_t number, gensize_t pages)
{
    struct block *block = &mm.blocks[number];
    errval_t err = ranges_alloc(&mm.ranges, pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &block->base);
    block->bytes = err_is_ok(err) ? pages * BASE_PAGE_SIZE : 0;
    return err;
}

static errval_t release(size_t number)
{
    struct block *block = &mm.blocks[number];
    errval_t err = block->bytes ? ranges_free(&mm.ranges, block->base, block->bytes) : SYS_ERR_OK;
    block->bytes = 0;
    return err;
}

static gensize_t pages_for(enum pattern pattern)
{
    return pattern == RANDOM ? 1 + random_number(MOST_PAGES) : 1;
}

static errval_t for_all(errval_t (*function)(size_t number, gensize_t pages), enum pattern pattern)
{
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < mm.count && err_is_ok(err); i++) {
        err = function(i, pages_for(pattern));
    }
    return err;
}

static errval_t release_any(size_t number, gensize_t pages)
{
    (void)pages;
    return release(number);
}

static errval_t space_setup(size_t blocks, gensize_t pages)
{
    mm.count = blocks;
    mm.next = 0;
    mm.random = 2463534242;
    ranges_init(&mm.ranges);
    mm.nodes = malloc(NODES_BYTES);
    if (!mm.nodes) {
        return LIB_ERR_RAM_ALLOC_EXHAUSTED;
    }
    slab_grow(&mm.ranges.nodes, mm.nodes, NODES_BYTES);
    return ranges_add(&mm.ranges, SPACE_BASE, pages * BASE_PAGE_SIZE, NULL);
}

/// Each long-lived block has a gap beside it, where another was that went again.
static errval_t make_gaps(void)
{
    static struct block others[MOST_BLOCKS];
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < mm.count && err_is_ok(err); i++) {
        err = allocate(i, 1);
        others[i] = mm.blocks[i];
        if (err_is_ok(err)) {
            err = allocate(i, 1);
        }
    }
    for (size_t i = 0; i < mm.count && err_is_ok(err); i++) {
        err = ranges_free(&mm.ranges, others[i].base, others[i].bytes);
    }
    mm.blocks[mm.count].bytes = 0;
    return err;
}

static errval_t setup(const struct bench *bench)
{
    errval_t err = space_setup((uint32_t)bench->argument, SPACE_PAGES);
    if (err_is_fail(err)) {
        return err;
    }
    return pattern_of(bench) == LONG_LIVED ? make_gaps() : for_all(allocate, pattern_of(bench));
}

static errval_t teardown(const struct bench *bench)
{
    (void)bench;
    free(mm.nodes);
    return SYS_ERR_OK;
}

/// Chooses the block that the next operation is about.
static void choose(enum pattern pattern)
{
    if (pattern == RANDOM) {
        mm.next = random_number((uint32_t)mm.count);
    } else if (pattern == LONG_LIVED) {
        mm.next = mm.count;
    } else {
        mm.next = (mm.next + 1) % mm.count;
    }
}

static errval_t prepare_alloc(const struct bench *bench)
{
    enum pattern pattern = pattern_of(bench);
    choose(pattern);
    if (pattern == SEQUENTIAL) {
        return mm.next == 0 || mm.blocks[mm.next].bytes ? for_all(release_any, pattern) : SYS_ERR_OK;
    }
    return release(mm.next);
}

static errval_t prepare_free(const struct bench *bench)
{
    enum pattern pattern = pattern_of(bench);
    choose(pattern);
    if (mm.blocks[mm.next].bytes) {
        return SYS_ERR_OK;
    }
    return pattern == SEQUENTIAL ? for_all(allocate, pattern) : allocate(mm.next, pages_for(pattern));
}

static errval_t cleanup_free(const struct bench *bench)
{
    enum pattern pattern = pattern_of(bench);
    mm.blocks[mm.next].bytes = 0;
    return pattern == SEQUENTIAL ? SYS_ERR_OK : allocate(mm.next, pages_for(pattern));
}

static errval_t alloc_sample(const struct bench *bench, struct bench_sample *sample)
{
    struct block *block = &mm.blocks[mm.next];
    gensize_t bytes = pages_for(pattern_of(bench)) * BASE_PAGE_SIZE;
    uint64_t begin = cycle_count();
    errval_t err = ranges_alloc(&mm.ranges, bytes, BASE_PAGE_SIZE, &block->base);
    sample->end = cycle_count();
    sample->begin = begin;
    block->bytes = bytes;
    return err;
}

static errval_t free_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    const struct block *block = &mm.blocks[mm.next];
    uint64_t begin = cycle_count();
    errval_t err = ranges_free(&mm.ranges, block->base, block->bytes);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t crowded_setup(const struct bench *bench)
{
    uint32_t blocks = (uint32_t)bench->argument;
    errval_t err = space_setup(blocks, blocks * CROWDED_PAGES);
    return err_is_ok(err) ? for_all(allocate, RANDOM) : err;
}

static bool can_allocate(gensize_t pages)
{
    genpaddr_t base;
    return err_is_ok(ranges_alloc(&mm.ranges, pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &base))
           && err_is_ok(ranges_free(&mm.ranges, base, pages * BASE_PAGE_SIZE));
}

/// Some blocks change places. A block for which there is no room stays away until its next turn.
static errval_t shuffle(const struct bench *bench)
{
    (void)bench;
    for (unsigned i = 0; i < CHANGES_A_SAMPLE; i++) {
        choose(RANDOM);
        errval_t err = release(mm.next);
        if (err_is_fail(err)) {
            return err;
        }
        err = allocate(mm.next, pages_for(RANDOM));
        if (err_is_fail(err) && err != MM_ERR_OUT_OF_MEMORY) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

/// The sample is how much of the free memory the largest possible allocation leaves, per mille.
static errval_t fragmentation_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    gensize_t low = 0, high = mm.ranges.free_bytes / BASE_PAGE_SIZE;
    gensize_t free_pages = high;
    while (low < high) {
        gensize_t middle = (low + high + 1) / 2;
        if (can_allocate(middle)) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    sample->begin = 0;
    sample->end = free_pages ? 1000 * (free_pages - low) / free_pages : 0;
    return SYS_ERR_OK;
}

static errval_t ram_alloc_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = ram_alloc(&mm.cap, BASE_PAGE_SIZE);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t ram_free_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = ram_free(mm.cap);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t make_ram(const struct bench *bench)
{
    (void)bench;
    return ram_alloc(&mm.cap, BASE_PAGE_SIZE);
}

static errval_t free_ram(const struct bench *bench)
{
    (void)bench;
    return ram_free(mm.cap);
}

#define STRATEGY ",strategy=" MM_STRATEGY
#define RANGES(pattern, text, blocks)                                                                 \
    {                                                                                                 \
        .name = "mm.alloc",                                                                           \
        .params = "pattern=" text ",blocks=" #blocks ",on=ranges" STRATEGY,                           \
        .unit = "cycles",                                                                             \
        .argument = CASE(pattern, blocks),                                                            \
        .setup = setup,                                                                               \
        .prepare = prepare_alloc,                                                                     \
        .sample = alloc_sample,                                                                       \
        .teardown = teardown,                                                                         \
    },                                                                                                \
    {                                                                                                 \
        .name = "mm.free", .params = "pattern=" text ",blocks=" #blocks ",on=ranges" STRATEGY,        \
        .unit = "cycles", .argument = CASE(pattern, blocks), .setup = setup, .prepare = prepare_free, \
        .sample = free_sample, .cleanup = cleanup_free, .teardown = teardown,                         \
    }
#define FRAGMENTATION(blocks)                                                                            \
    {                                                                                                    \
        .name = "mm.fragmentation", .params = "pattern=random,blocks=" #blocks ",on=ranges" STRATEGY,    \
        .unit = "permille", .argument = CASE(RANDOM, blocks), .repetitions = FRAGMENTATION_RUNS,         \
        .setup = crowded_setup, .prepare = shuffle, .sample = fragmentation_sample, .teardown = teardown \
    }

static const struct bench benches[] = {
    RANGES(SEQUENTIAL, "sequential", 1000),
    RANGES(RANDOM, "random", 100),
    RANGES(RANDOM, "random", 1000),
    RANGES(PRODUCER_CONSUMER, "producer_consumer", 1000),
    RANGES(LONG_LIVED, "long_lived", 100),
    RANGES(LONG_LIVED, "long_lived", 1000),
    {
        .name = "mm.alloc",
        .params = "pattern=immediate,blocks=1,on=capabilities" STRATEGY,
        .unit = "cycles",
        .sample = ram_alloc_sample,
        .cleanup = free_ram,
    },
    {
        .name = "mm.free",
        .params = "pattern=immediate,blocks=1,on=capabilities" STRATEGY,
        .unit = "cycles",
        .prepare = make_ram,
        .sample = ram_free_sample,
    },
    FRAGMENTATION(100),
    FRAGMENTATION(1000),
};

BENCH_SUITE(mm, benches);
