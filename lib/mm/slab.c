#include <aos/slab.h>

/// Any number that is no address and that nobody writes by chance.
#define FREE_MARK 0x5b1f0d6c93e2a847UL

static uintptr_t mark_of(const void *block)
{
    return (uintptr_t)block ^ FREE_MARK;
}

static void put(struct slab_allocator *slabs, void *block)
{
    struct slab_block *freed = block;
    *freed = (struct slab_block){.next = slabs->free, .mark = mark_of(block)};
    slabs->free = freed;
    slabs->free_count++;
}

void slab_init(struct slab_allocator *slabs, size_t blocksize, slab_refill_func_t refill_func)
{
    size_t bytes = blocksize < sizeof(struct slab_block) ? sizeof(struct slab_block) : blocksize;
    *slabs = (struct slab_allocator){
        .blocksize = ROUND_UP(bytes, _Alignof(struct slab_block)),
        .refill_func = refill_func,
    };
}

/// The next block that was never allocated. There is one.
static char *take_unused(struct slab_allocator *slabs)
{
    char *block = slabs->unused;
    slabs->unused += slabs->blocksize;
    slabs->free_count--;
    return block;
}

void slab_grow(struct slab_allocator *slabs, void *buffer, size_t bytes)
{
    size_t skipped = -(uintptr_t)buffer % _Alignof(struct slab_block);
    size_t count = skipped > bytes ? 0 : (bytes - skipped) / slabs->blocksize;
    if (count == 0) {
        return;
    }
    while (slabs->unused < slabs->unused_end) {
        put(slabs, take_unused(slabs));
    }
    slabs->unused = (char *)buffer + skipped;
    slabs->unused_end = slabs->unused + count * slabs->blocksize;
    slabs->free_count += count;
    slabs->total += count;
    uintptr_t lowest = (uintptr_t)buffer, end = (uintptr_t)slabs->unused_end;
    slabs->lowest = slabs->end && slabs->lowest < lowest ? slabs->lowest : lowest;
    slabs->end = slabs->end > end ? slabs->end : end;
}

void *slab_alloc(struct slab_allocator *slabs)
{
    if (slabs->free_count == 0 && slabs->refill_func && !slabs->refilling) {
        slabs->refilling = true;
        (void)slabs->refill_func(slabs); // What counts is whether there is a block now.
        slabs->refilling = false;
    }
    struct slab_block *block = slabs->free;
    if (block) {
        slabs->free = block->next;
        slabs->free_count--;
        block->mark = 0;
        return block;
    }
    return slabs->unused < slabs->unused_end ? take_unused(slabs) : NULL;
}

errval_t slab_check_free(const struct slab_allocator *slabs, const void *block)
{
    uintptr_t address = (uintptr_t)block;
    if (address < slabs->lowest || address >= slabs->end || address % _Alignof(struct slab_block)) {
        return MM_ERR_FOREIGN;
    }
    if (address >= (uintptr_t)slabs->unused && address < (uintptr_t)slabs->unused_end) {
        return MM_ERR_DOUBLE_FREE; // It is free: nobody ever had it.
    }
    return ((const struct slab_block *)block)->mark == mark_of(block) ? MM_ERR_DOUBLE_FREE : SYS_ERR_OK;
}

void slab_free(struct slab_allocator *slabs, void *block)
{
    if (err_is_fail(slab_check_free(slabs, block))) {
        slabs->refused++;
        return;
    }
    put(slabs, block);
}

size_t slab_freecount(const struct slab_allocator *slabs)
{
    return slabs->free_count;
}
