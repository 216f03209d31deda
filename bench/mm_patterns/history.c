#include <abi/types.h>
#include <mm_patterns/boot_trace.h>
#include <mm_patterns/history.h>
#include <mm_patterns/space.h>

#define MOST_BLOCKS   1000
#define MOST_PAGES    16
#define CROWDED_PAGES 12 ///< A block has, of the space; 8.5 are allocated.
#define STAYS_EVERY   8

static struct {
    struct block blocks[MOST_BLOCKS];
    size_t count;
    size_t next;  ///< The block that the next operation is about.
    bool freeing; ///< It is a free.
    bool has_all; ///< Every block was allocated once.
} history;

static enum history_pattern pattern_of(const struct bench *bench)
{
    return (enum history_pattern)(bench->argument >> 56);
}

errval_t history_setup(const struct bench *bench)
{
    history.count = (uint32_t)bench->argument;
    history.next = 0;
    history.freeing = history.has_all = false;
    return pattern_of(bench) == RECORDED ? boot_trace_setup(bench)
                                         : space_setup(history.count, history.count * CROWDED_PAGES);
}

static bool stays(enum history_pattern pattern, size_t number)
{
    return pattern == ANY_BUT_EIGHTH && number % STAYS_EVERY == 0;
}

/// The block that is freed next, once all were allocated.
static size_t choose(enum history_pattern pattern)
{
    if (pattern == OLDEST) {
        return (history.next + 1) % history.count;
    }
    size_t number;
    do {
        number = space_random((uint32_t)history.count);
    } while (stays(pattern, number));
    return number;
}

/// Decides what the operation after this one is.
static void advance(enum history_pattern pattern)
{
    if (pattern == ALL_IN_TURN || !history.has_all) {
        history.next = (history.next + 1) % history.count;
        if (history.next == 0) {
            history.has_all = true;
            history.freeing = !history.freeing;
        }
    } else {
        history.next = history.freeing ? history.next : choose(pattern);
        history.freeing = !history.freeing;
    }
}

/// A block for which there is no room stays away until its next turn.
static errval_t step(enum history_pattern pattern)
{
    if (pattern == RECORDED) {
        return boot_trace_step();
    }
    struct block *block = &history.blocks[history.next];
    errval_t err;
    if (history.freeing) {
        err = block_release(block);
    } else {
        err = block_allocate(block, stays(pattern, history.next) ? 1 : 1 + space_random(MOST_PAGES));
    }
    advance(pattern);
    return err == MM_ERR_OUT_OF_MEMORY ? SYS_ERR_OK : err;
}

errval_t history_prepare(const struct bench *bench)
{
    errval_t err = SYS_ERR_OK;
    for (unsigned left = bench->argument >> 32 & 0xffff; left > 0 && err_is_ok(err); left--) {
        err = step(pattern_of(bench));
    }
    return err;
}

static bool can_allocate(gensize_t pages)
{
    struct block block;
    return err_is_ok(block_allocate(&block, pages)) && err_is_ok(block_release(&block));
}

errval_t history_sample(const struct bench *bench, struct bench_sample *sample)
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
