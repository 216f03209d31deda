#include <abi/types.h>
#include <mm_patterns/space.h>
#include <mm_patterns/steady.h>

#define MOST_BLOCKS 1000
#define MOST_PAGES  16    ///< Of a block.
#define SPACE_PAGES 16384 ///< More than any pattern needs.

static struct {
    struct block blocks[MOST_BLOCKS + 1];
    size_t count;
    size_t next; ///< The block that an operation is about.
} steady;

static enum steady_pattern pattern_of(const struct bench *bench)
{
    return (enum steady_pattern)(bench->argument >> 32);
}

static gensize_t pages_for(enum steady_pattern pattern)
{
    return pattern == RANDOM ? 1 + space_random(MOST_PAGES) : 1;
}

static errval_t allocate_all(enum steady_pattern pattern)
{
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < steady.count && err_is_ok(err); i++) {
        err = block_allocate(&steady.blocks[i], pages_for(pattern));
    }
    return err;
}

static errval_t release_all(void)
{
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < steady.count && err_is_ok(err); i++) {
        err = block_release(&steady.blocks[i]);
    }
    return err;
}

/// Each long-lived block has a gap beside it, where another was that went again.
static errval_t make_gaps(void)
{
    static struct block others[MOST_BLOCKS];
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < steady.count && err_is_ok(err); i++) {
        err = block_allocate(&others[i], 1);
        if (err_is_ok(err)) {
            err = block_allocate(&steady.blocks[i], 1);
        }
    }
    for (size_t i = 0; i < steady.count && err_is_ok(err); i++) {
        err = block_release(&others[i]);
    }
    steady.blocks[steady.count].bytes = 0;
    return err;
}

errval_t steady_setup(const struct bench *bench)
{
    steady.count = (uint32_t)bench->argument;
    steady.next = 0;
    errval_t err = space_setup(steady.count, SPACE_PAGES);
    if (err_is_fail(err)) {
        return err;
    }
    return pattern_of(bench) == LONG_LIVED ? make_gaps() : allocate_all(pattern_of(bench));
}

/// Chooses the block that the next operation is about.
static struct block *choose(enum steady_pattern pattern)
{
    if (pattern == RANDOM) {
        steady.next = space_random((uint32_t)steady.count);
    } else if (pattern == LONG_LIVED) {
        steady.next = steady.count;
    } else {
        steady.next = (steady.next + 1) % steady.count;
    }
    return &steady.blocks[steady.next];
}

errval_t steady_prepare_alloc(const struct bench *bench)
{
    enum steady_pattern pattern = pattern_of(bench);
    struct block *block = choose(pattern);
    if (pattern == SEQUENTIAL) {
        return steady.next == 0 || block->bytes ? release_all() : SYS_ERR_OK;
    }
    return block_release(block);
}

errval_t steady_prepare_free(const struct bench *bench)
{
    enum steady_pattern pattern = pattern_of(bench);
    struct block *block = choose(pattern);
    if (block->bytes) {
        return SYS_ERR_OK;
    }
    return pattern == SEQUENTIAL ? allocate_all(pattern) : block_allocate(block, pages_for(pattern));
}

errval_t steady_cleanup_free(const struct bench *bench)
{
    enum steady_pattern pattern = pattern_of(bench);
    struct block *block = &steady.blocks[steady.next];
    block->bytes = 0;
    return pattern == SEQUENTIAL ? SYS_ERR_OK : block_allocate(block, pages_for(pattern));
}

errval_t steady_alloc(const struct bench *bench, struct bench_sample *sample)
{
    struct block *block = &steady.blocks[steady.next];
    gensize_t bytes = pages_for(pattern_of(bench)) * BASE_PAGE_SIZE;
    uint64_t begin = cycle_count();
    errval_t err = ranges_alloc(&space.ranges, bytes, BASE_PAGE_SIZE, &block->base);
    sample->end = cycle_count();
    sample->begin = begin;
    block->bytes = bytes;
    return err;
}

errval_t steady_free(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    const struct block *block = &steady.blocks[steady.next];
    uint64_t begin = cycle_count();
    errval_t err = ranges_free(&space.ranges, block->base, block->bytes);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}
