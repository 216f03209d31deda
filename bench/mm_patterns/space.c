#include <aos/aos.h>
#include <mm_patterns/space.h>

/// A node for each block and for the gap beside it; and some, because buddies split more where blocks are few
/// and of many sizes.
#define NODES_FOR(blocks) (2 * (blocks) + 8192)

struct space space;

/// Memory for nodes, which no space gives back.
static struct {
    char *memory;
    size_t bytes;
} pool;

static errval_t make_pool(size_t bytes)
{
    struct capref frame;
    void *memory;
    errval_t err = slot_alloc(&frame);
    if (err_is_fail(err)) {
        return err;
    }
    // A frame that lies as large pages do is mapped by them.
    err = ram_alloc_object(frame, ObjType_Frame, bytes, LARGE_PAGE_SIZE);
    if (err_is_fail(err)) {
        slot_free(frame);
        return err;
    }
    err = paging_map_frame(get_current_paging_state(), &memory, bytes, frame);
    if (err_is_fail(err)) {
        ram_free(frame);
        return err;
    }
    pool.memory = memory;
    pool.bytes = bytes;
    return SYS_ERR_OK;
}

errval_t space_setup(size_t blocks, gensize_t pages)
{
    space.gaps = 0;
    space.random = 2463534242;
    ranges_init(&space.ranges);
    space.ranges.untraced = true;
    size_t node_bytes = space.ranges.nodes.blocksize;
    if (!pool.memory) {
        errval_t err = make_pool(ROUND_UP(NODES_FOR(SPACE_MOST_LIVE) * node_bytes, LARGE_PAGE_SIZE));
        if (err_is_fail(err)) {
            return err;
        }
    }
    if (NODES_FOR(blocks) * node_bytes > pool.bytes) {
        return LIB_ERR_RAM_ALLOC_EXHAUSTED;
    }
    slab_grow(&space.ranges.nodes, pool.memory, NODES_FOR(blocks) * node_bytes);
    return ranges_add(&space.ranges, SPACE_BASE, pages * BASE_PAGE_SIZE, NULL);
}

/// xorshift (Marsaglia 2003).
uint32_t space_random(uint32_t limit)
{
    space.random ^= space.random << 13;
    space.random ^= space.random >> 17;
    space.random ^= space.random << 5;
    return space.random % limit;
}

errval_t block_allocate(struct block *block, gensize_t pages)
{
    errval_t err = ranges_alloc(&space.ranges, pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE, &block->base);
    block->bytes = err_is_ok(err) ? pages * BASE_PAGE_SIZE : 0;
    return err;
}

errval_t block_release(struct block *block)
{
    errval_t err = block->bytes ? ranges_free(&space.ranges, block->base, block->bytes) : SYS_ERR_OK;
    block->bytes = 0;
    return err;
}
