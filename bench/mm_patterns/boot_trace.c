#include <abi/types.h>
#include <mm_patterns/boot_trace.h>
#include <mm_patterns/space.h>

#define SPACE_PAGES 0x40000UL ///< 1 GiB, what the recording had.

struct operation {
    uint32_t pages; ///< 0: it is a free.
    uint32_t alignment;
    uint32_t freed; ///< The number of its allocation.
};

#define ALLOC(count, align) {.pages = (count), .alignment = (align)},
#define FREE(number)        {.freed = (number)},
static const struct operation operations[] = {
#include <mm_patterns/boot_trace.inc>
};

static struct {
    size_t at;                                     ///< The operation that comes next.
    size_t allocated;                              ///< How many allocations were before it.
    struct block blocks[ARRAY_LENGTH(operations)]; ///< By number of their allocation.
} replay;

errval_t boot_trace_setup(const struct bench *bench)
{
    (void)bench;
    replay.at = replay.allocated = 0;
    return space_setup(ARRAY_LENGTH(operations), SPACE_PAGES);
}

static errval_t start_over(void)
{
    errval_t err = SYS_ERR_OK;
    for (size_t i = 0; i < replay.allocated && err_is_ok(err); i++) {
        err = block_release(&replay.blocks[i]);
    }
    replay.at = replay.allocated = 0;
    return err;
}

static errval_t allocate_next(struct bench_sample *sample)
{
    const struct operation *next = &operations[replay.at++];
    struct block *block = &replay.blocks[replay.allocated++];
    gensize_t bytes = next->pages * BASE_PAGE_SIZE, alignment = next->alignment * BASE_PAGE_SIZE;
    uint64_t begin = cycle_count();
    errval_t err = ranges_alloc(&space.ranges, bytes, alignment, &block->base);
    sample->end = cycle_count();
    sample->begin = begin;
    block->bytes = err_is_ok(err) ? bytes : 0;
    return err;
}

static errval_t free_next(struct bench_sample *sample)
{
    struct block *block = &replay.blocks[operations[replay.at++].freed];
    uint64_t begin = cycle_count();
    errval_t err = ranges_free(&space.ranges, block->base, block->bytes);
    sample->end = cycle_count();
    sample->begin = begin;
    block->bytes = 0;
    return err;
}

errval_t boot_trace_step(void)
{
    struct bench_sample sample;
    errval_t err = replay.at == ARRAY_LENGTH(operations) ? start_over() : SYS_ERR_OK;
    if (err_is_fail(err)) {
        return err;
    }
    return operations[replay.at].pages ? allocate_next(&sample) : free_next(&sample);
}

static errval_t step_to(bool alloc)
{
    errval_t err = SYS_ERR_OK;
    while (err_is_ok(err)
           && (replay.at == ARRAY_LENGTH(operations) || (operations[replay.at].pages != 0) != alloc)) {
        err = replay.at == ARRAY_LENGTH(operations) ? start_over() : boot_trace_step();
    }
    return err;
}

errval_t boot_trace_prepare_alloc(const struct bench *bench)
{
    (void)bench;
    return step_to(true);
}

errval_t boot_trace_prepare_free(const struct bench *bench)
{
    (void)bench;
    return step_to(false);
}

errval_t boot_trace_alloc(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    return allocate_next(sample);
}

errval_t boot_trace_free(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    return free_next(sample);
}
