#include <abi/types.h>
#include <mm_patterns/scattered.h>
#include <mm_patterns/space.h>

static genpaddr_t gap; ///< Below the block that the round is about.

static errval_t free_page(genpaddr_t page)
{
    return ranges_free(&space.ranges, page, BASE_PAGE_SIZE);
}

static genpaddr_t gap_address(size_t number)
{
    return SPACE_BASE + 2 * number * BASE_PAGE_SIZE;
}

/// The region: a block and its gap take two pages. A power of two, or buddies would have an edge in it.
static gensize_t pages_for(size_t blocks)
{
    gensize_t pages = 2;
    while (pages < 2 * blocks) {
        pages *= 2;
    }
    return pages;
}

/**
 * All pages are taken at once, as one range, and gaps are freed in it from the highest down: so a list takes
 * one step a gap. The rows of one number of blocks share what the first of them has made.
 */
errval_t scattered_setup(const struct bench *bench)
{
    size_t blocks = bench->argument;
    if (space.gaps == blocks) {
        return SYS_ERR_OK;
    }
    genpaddr_t base;
    errval_t err = space_setup(blocks, pages_for(blocks));
    if (err_is_ok(err)) {
        err = ranges_alloc(&space.ranges, pages_for(blocks) * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &base);
    }
    for (size_t i = blocks; i > 0 && err_is_ok(err); i--) {
        err = free_page(gap_address(i - 1));
    }
    space.gaps = err_is_ok(err) ? blocks : 0;
    return err;
}

static void choose(void)
{
    gap = gap_address(space_random((uint32_t)space.gaps));
}

static errval_t take_both(void)
{
    genpaddr_t base;
    errval_t err = ranges_alloc(&space.ranges, 2 * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &base);
    return err_is_ok(err) && base != gap ? MM_ERR_ARGUMENT : err;
}

errval_t scattered_prepare_alloc(const struct bench *bench)
{
    (void)bench;
    choose();
    return free_page(gap + BASE_PAGE_SIZE);
}

errval_t scattered_alloc(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    genpaddr_t base;
    uint64_t begin = cycle_count();
    errval_t err = ranges_alloc(&space.ranges, 2 * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &base);
    sample->end = cycle_count();
    sample->begin = begin;
    return err_is_ok(err) && base != gap ? MM_ERR_ARGUMENT : err;
}

errval_t scattered_cleanup_alloc(const struct bench *bench)
{
    (void)bench;
    return free_page(gap);
}

errval_t scattered_prepare_free(const struct bench *bench)
{
    (void)bench;
    choose();
    return SYS_ERR_OK;
}

errval_t scattered_free(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = ranges_free(&space.ranges, gap + BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

errval_t scattered_cleanup_free(const struct bench *bench)
{
    (void)bench;
    errval_t err = take_both();
    return err_is_ok(err) ? free_page(gap) : err;
}
