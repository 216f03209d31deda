/**
 * The paging library: mapping and unmapping one page beside a number of other mappings that are there
 * already, or many pages at once; protecting; and the first touch of a page that the library supplies, its
 * clearing included.
 *
 * Mappings take the same place again and again, so that page tables come and go only where nothing else is
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

/* The first touch of pages that the library supplies. */

#define FAULTS      400
#define TOUCH_BYTES ((FAULTS + BENCH_WARM_UP) * BASE_PAGE_SIZE)

static struct {
    struct paging_region region;
    char *next; ///< The page that will be touched.
} fresh;

static errval_t fault_setup(const struct bench *bench)
{
    (void)bench;
    void *memory;
    errval_t err =
        paging_region_init(get_current_paging_state(), &fresh.region, TOUCH_BYTES, VREGION_FLAGS_READ_WRITE);
    if (err_is_ok(err)) {
        err = paging_region_map(&fresh.region, TOUCH_BYTES, &memory, NULL);
        fresh.next = memory;
    }
    return err;
}

static errval_t fault_teardown(const struct bench *bench)
{
    (void)bench;
    paging_region_destroy(&fresh.region);
    return SYS_ERR_OK;
}

static errval_t fault_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    volatile char *page = fresh.next;
    uint64_t begin = cycle_count();
    *page = 1;
    sample->end = cycle_count();
    sample->begin = begin;
    fresh.next += BASE_PAGE_SIZE;
    return SYS_ERR_OK;
}

/* Mappings of several pages, of which each command of the kernel maps as many as stand in one page table. */

static errval_t pages_setup(const struct bench *bench)
{
    errval_t err = slot_alloc(&paging.frame);
    return err_is_ok(err) ? ram_alloc_object(paging.frame, ObjType_Frame, bench->argument, LARGE_PAGE_SIZE)
                          : err;
}

static errval_t pages_teardown(const struct bench *bench)
{
    (void)bench;
    return ram_free(paging.frame);
}

static errval_t map_pages(const struct bench *bench)
{
    return paging_map_frame(get_current_paging_state(), &paging.mapped, bench->argument, paging.frame);
}

static errval_t map_pages_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = map_pages(bench);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t protect_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err =
        paging_protect(get_current_paging_state(), paging.mapped, BASE_PAGE_SIZE, VREGION_FLAGS_READ);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

#define SHADOW ",shadow=" SHADOW_STRATEGY
#define MAP_ROW(others)                                                                                   \
    {                                                                                                     \
        .name = "paging.map", .params = "size=4096,mapped=" #others SHADOW, .unit = "cycles",             \
        .argument = (others), .repetitions = 200, .setup = setup, .sample = map_sample, .cleanup = unmap, \
        .teardown = teardown,                                                                             \
    }
#define UNMAP_ROW(others)                                                                                 \
    {                                                                                                     \
        .name = "paging.unmap", .params = "size=4096,mapped=" #others SHADOW, .unit = "cycles",           \
        .argument = (others), .repetitions = 200, .setup = setup, .prepare = map, .sample = unmap_sample, \
        .teardown = teardown,                                                                             \
    }
#define PAGES_ROW(pages)                                                                                    \
    {                                                                                                       \
        .name = "paging.map",                                                                               \
        .params = "pages=" #pages SHADOW,                                                                   \
        .unit = "cycles",                                                                                   \
        .argument = (pages)*BASE_PAGE_SIZE,                                                                 \
        .repetitions = 100,                                                                                 \
        .setup = pages_setup,                                                                               \
        .sample = map_pages_sample,                                                                         \
        .cleanup = unmap,                                                                                   \
        .teardown = pages_teardown,                                                                         \
    },                                                                                                      \
    {                                                                                                       \
        .name = "paging.unmap", .params = "pages=" #pages SHADOW, .unit = "cycles",                         \
        .argument = (pages)*BASE_PAGE_SIZE, .repetitions = 100, .setup = pages_setup, .prepare = map_pages, \
        .sample = unmap_sample, .teardown = pages_teardown,                                                 \
    }

static const struct bench benches[] = {
    MAP_ROW(0),
    MAP_ROW(1),
    MAP_ROW(10),
    MAP_ROW(100),
    MAP_ROW(1000),
    UNMAP_ROW(0),
    UNMAP_ROW(1),
    UNMAP_ROW(10),
    UNMAP_ROW(100),
    UNMAP_ROW(1000),
    PAGES_ROW(1),
    PAGES_ROW(16),
    PAGES_ROW(64),
    PAGES_ROW(256),
    PAGES_ROW(511), // one more, and it would be a large page
    {
        .name = "paging.map",
        .params = "size=2097152,mapped=0" SHADOW,
        .unit = "cycles",
        .argument = LARGE_PAGE_SIZE,
        .repetitions = 100,
        .setup = pages_setup,
        .sample = map_pages_sample,
        .cleanup = unmap,
        .teardown = pages_teardown,
    },
    {
        .name = "paging.protect",
        .params = "size=4096" SHADOW,
        .unit = "cycles",
        .argument = 1,
        .repetitions = 200,
        .setup = setup,
        .prepare = map,
        .sample = protect_sample,
        .cleanup = unmap,
        .teardown = teardown,
    },
    {
        .name = "paging.fault",
        .params = "size=4096" SHADOW,
        .unit = "cycles",
        .repetitions = FAULTS,
        .setup = fault_setup,
        .sample = fault_sample,
        .teardown = fault_teardown,
    },
};

BENCH_SUITE(paging, benches);
