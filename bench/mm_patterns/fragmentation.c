#include <abi/types.h>
#include <mm_patterns/fragmentation.h>
#include <mm_patterns/space.h>

#define MOST_BLOCKS      1000
#define MOST_PAGES       16
#define CROWDED_PAGES    12 ///< A block has, of the space; 8.5 are allocated.
#define CHANGES_A_SAMPLE 16

static struct block blocks[MOST_BLOCKS];

static gensize_t any_pages(void)
{
    return 1 + space_random(MOST_PAGES);
}

errval_t fragmentation_setup(const struct bench *bench)
{
    errval_t err = space_setup(bench->argument, bench->argument * CROWDED_PAGES);
    for (size_t i = 0; i < bench->argument && err_is_ok(err); i++) {
        err = block_allocate(&blocks[i], any_pages());
    }
    return err;
}

static bool can_allocate(gensize_t pages)
{
    struct block block;
    return err_is_ok(block_allocate(&block, pages)) && err_is_ok(block_release(&block));
}

/// Some blocks change places. A block for which there is no room stays away until its next turn.
errval_t fragmentation_prepare(const struct bench *bench)
{
    for (unsigned i = 0; i < CHANGES_A_SAMPLE; i++) {
        struct block *block = &blocks[space_random((uint32_t)bench->argument)];
        errval_t err = block_release(block);
        if (err_is_ok(err)) {
            err = block_allocate(block, any_pages());
        }
        if (err_is_fail(err) && err != MM_ERR_OUT_OF_MEMORY) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t fragmentation_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    gensize_t low = 0, high = space.ranges.free_bytes / BASE_PAGE_SIZE;
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
