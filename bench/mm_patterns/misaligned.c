#include <abi/types.h>
#include <mm_patterns/misaligned.h>
#include <mm_patterns/space.h>

/* Of every eight pages the first two are the block, the next two are free, the others stay in use. */
#define PERIOD (8 * BASE_PAGE_SIZE)
#define BLOCK  (2 * BASE_PAGE_SIZE)

static size_t blocks;
static genpaddr_t block; ///< That the round is about.

errval_t misaligned_setup(const struct bench *bench)
{
    gensize_t bytes = PERIOD;
    blocks = bench->argument;
    while (bytes < blocks * PERIOD) {
        bytes *= 2; // A power of two, or buddies would have an edge in it.
    }
    genpaddr_t base;
    errval_t err = space_setup(blocks, bytes / BASE_PAGE_SIZE);
    if (err_is_ok(err)) {
        err = ranges_alloc(&space.ranges, bytes, BASE_PAGE_SIZE, &base);
    }
    // From the highest down: one step for a list.
    for (size_t i = blocks; i > 0 && err_is_ok(err); i--) {
        err = ranges_free(&space.ranges, SPACE_BASE + (i - 1) * PERIOD + BLOCK, BLOCK);
    }
    // Nothing fits yet. What a search in vain teaches a strategy, it knows from here on.
    if (err_is_ok(err)
        && ranges_alloc(&space.ranges, BLOCK, MISALIGNED_ALIGNMENT, &base) != MM_ERR_OUT_OF_MEMORY) {
        return MM_ERR_ARGUMENT;
    }
    return err;
}

errval_t misaligned_prepare(const struct bench *bench)
{
    (void)bench;
    block = SPACE_BASE + space_random((uint32_t)blocks) * PERIOD;
    return ranges_free(&space.ranges, block, BLOCK);
}

errval_t misaligned_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    genpaddr_t base;
    uint64_t begin = cycle_count();
    errval_t err = ranges_alloc(&space.ranges, BLOCK, MISALIGNED_ALIGNMENT, &base);
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && base != block ? MM_ERR_ARGUMENT : err;
}
