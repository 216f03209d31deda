#include <aos/aos.h>
#include <caps/map.h>

#define ROOT_ENTRY 300 ///< Of the root page table: nothing else is mapped there.
#define LEVELS     3

static struct {
    struct capref tables[LEVELS]; ///< Levels 1 to 3.
    struct capref links[LEVELS];  ///< Their mappings, each in the one before.
    struct capref frame;
    struct capref mapping;
} map;

static errval_t make_table(unsigned i)
{
    struct capref above = i == 0 ? cap_vroot : map.tables[i - 1];
    errval_t err = slot_alloc(&map.tables[i]);
    if (err_is_ok(err)) {
        err = slot_alloc(&map.links[i]);
    }
    if (err_is_ok(err)) {
        err = ram_alloc_object(map.tables[i], ObjType_VNode_AARCH64_l1 + i, BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    }
    return err_is_ok(err) ? vnode_map(above, map.tables[i], i == 0 ? ROOT_ENTRY : 0, 0, 0, 1, map.links[i])
                          : err;
}

errval_t map_setup(const struct bench *bench)
{
    (void)bench;
    errval_t err = frame_alloc(&map.frame, BASE_PAGE_SIZE, NULL);
    if (err_is_ok(err)) {
        err = slot_alloc(&map.mapping);
    }
    for (unsigned i = 0; i < LEVELS && err_is_ok(err); i++) {
        err = make_table(i);
    }
    return err;
}

errval_t map_teardown(const struct bench *bench)
{
    (void)bench;
    errval_t err = slot_free(map.mapping);
    for (unsigned i = LEVELS; i-- > 0 && err_is_ok(err);) {
        err = cap_destroy(map.links[i]);
        if (err_is_ok(err)) {
            err = ram_free(map.tables[i]);
        }
    }
    return err_is_ok(err) ? ram_free(map.frame) : err;
}

errval_t map_do(const struct bench *bench)
{
    (void)bench;
    return vnode_map(map.tables[LEVELS - 1], map.frame, 0, VREGION_FLAGS_READ_WRITE, 0, 1, map.mapping);
}

errval_t map_undo(const struct bench *bench)
{
    (void)bench;
    return vnode_unmap(map.tables[LEVELS - 1], map.mapping);
}

errval_t map_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = map_do(bench);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

errval_t unmap_sample(const struct bench *bench, struct bench_sample *sample)
{
    uint64_t begin = cycle_count();
    errval_t err = map_undo(bench);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

errval_t protect_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = vnode_protect(map.tables[LEVELS - 1], map.mapping, 0, 1, VREGION_FLAGS_READ);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}
