#include <aos/aos.h>
#include <mm_patterns/space.h>

/// Bytes of nodes: two of the red-black tree a block, for it and what is free beside it, or five of the
/// buddies'. The rest is for buddies too, who split more where blocks are few and of many sizes.
#define NODE_BYTES_FOR(blocks) (128 * (blocks) + 0x80000)

/// Nodes come in pieces: buddies have no room for all of them in one.
#define PIECE_BYTES (8 * LARGE_PAGE_SIZE)
#define MOST_PIECES ((NODE_BYTES_FOR(SPACE_MOST_LIVE) + PIECE_BYTES - 1) / PIECE_BYTES)

struct space space;

/// Memory for nodes, which no space gives back.
static struct {
    void *pieces[MOST_PIECES];
    size_t count;
} pool;

static errval_t make_piece(void **memory)
{
    struct capref frame;
    errval_t err = slot_alloc(&frame);
    if (err_is_fail(err)) {
        return err;
    }
    // A frame that lies as large pages do is mapped by them.
    err = ram_alloc_object(frame, ObjType_Frame, PIECE_BYTES, LARGE_PAGE_SIZE);
    if (err_is_fail(err)) {
        slot_free(frame);
        return err;
    }
    err = paging_map_frame(get_current_paging_state(), memory, PIECE_BYTES, frame);
    if (err_is_fail(err)) {
        ram_free(frame);
    }
    return err;
}

static errval_t give_nodes(size_t bytes)
{
    for (size_t i = 0; i * PIECE_BYTES < bytes; i++) {
        if (i == MOST_PIECES) {
            return LIB_ERR_RAM_ALLOC_EXHAUSTED;
        }
        errval_t err = i == pool.count ? make_piece(&pool.pieces[i]) : SYS_ERR_OK;
        if (err_is_fail(err)) {
            return err;
        }
        pool.count += i == pool.count;
        size_t left = bytes - i * PIECE_BYTES;
        slab_grow(&space.ranges.nodes, pool.pieces[i], left < PIECE_BYTES ? left : PIECE_BYTES);
    }
    return SYS_ERR_OK;
}

errval_t space_setup(size_t blocks, gensize_t pages)
{
    space.gaps = 0;
    space.random = 2463534242;
    ranges_init(&space.ranges);
    space.ranges.untraced = true;
    errval_t err = give_nodes(NODE_BYTES_FOR(blocks));
    return err_is_ok(err) ? ranges_add(&space.ranges, SPACE_BASE, pages * BASE_PAGE_SIZE, NULL) : err;
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
