/**
 * Mapping and unmapping one page through the paging library, beside a number of other mappings that are there
 * already.
 *
 * The samples take the same place again and again, so that page tables come and go only where nothing else is
 * mapped.
 */
#include <aos/aos.h>
#include <harness/harness.h>
#include <stdlib.h>

#define MAX_OTHERS 1000

static struct {
    struct capref frame;        ///< What is mapped.
    struct capref others_frame; ///< Mapped over and over, as the others.
    void *others[MAX_OTHERS];
    void *mapped;
} paging;

static errval_t take_others_away(size_t count)
{
    errval_t err = SYS_ERR_OK;
    while (count-- > 0 && err_is_ok(err)) {
        err = paging_unmap(get_current_paging_state(), paging.others[count]);
    }
    return err;
}

static errval_t setup(const struct bench *bench)
{
    errval_t err = frame_alloc(&paging.frame, BASE_PAGE_SIZE, NULL);
    if (err_is_ok(err)) {
        err = frame_alloc(&paging.others_frame, BASE_PAGE_SIZE, NULL);
    }
    for (size_t i = 0; i < bench->argument && err_is_ok(err); i++) {
        err = paging_map_frame(get_current_paging_state(), &paging.others[i], BASE_PAGE_SIZE,
                               paging.others_frame);
        if (err_is_fail(err)) {
            take_others_away(i);
        }
    }
    return err;
}

static errval_t teardown(const struct bench *bench)
{
    errval_t err = take_others_away(bench->argument);
    if (err_is_ok(err)) {
        err = ram_free(paging.others_frame);
    }
    return err_is_ok(err) ? ram_free(paging.frame) : err;
}

static errval_t map(const struct bench *bench)
{
    (void)bench;
    return paging_map_frame(get_current_paging_state(), &paging.mapped, BASE_PAGE_SIZE, paging.frame);
}

static errval_t unmap(const struct bench *bench)
{
    (void)bench;
    return paging_unmap(get_current_paging_state(), paging.mapped);
}

static errval_t map_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = map(bench);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t unmap_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = unmap(bench);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

#define MAP_ROW(others)                                                                                      \
    {                                                                                                        \
        .name = "paging.map", .params = "size=4096,mapped=" #others, .unit = "cycles", .argument = (others), \
        .repetitions = 200, .setup = setup, .sample = map_sample, .cleanup = unmap, .teardown = teardown,    \
    }
#define UNMAP_ROW(others)                                                                                 \
    {                                                                                                     \
        .name = "paging.unmap", .params = "size=4096,mapped=" #others, .unit = "cycles",                  \
        .argument = (others), .repetitions = 200, .setup = setup, .prepare = map, .sample = unmap_sample, \
        .teardown = teardown,                                                                             \
    }

static const struct bench benches[] = {
    MAP_ROW(0),   MAP_ROW(1),   MAP_ROW(100),   MAP_ROW(1000),
    UNMAP_ROW(0), UNMAP_ROW(1), UNMAP_ROW(100), UNMAP_ROW(1000),
};

BENCH_SUITE(paging, benches);
