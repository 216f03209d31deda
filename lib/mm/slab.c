#include <aos/slab.h>

void slab_init(struct slab_allocator *slabs, size_t blocksize, slab_refill_func_t refill_func)
{
    size_t bytes = blocksize < sizeof(struct slab_block) ? sizeof(struct slab_block) : blocksize;
    *slabs = (struct slab_allocator){
        .blocksize = ROUND_UP(bytes, _Alignof(struct slab_block)),
        .refill_func = refill_func,
    };
}

void slab_grow(struct slab_allocator *slabs, void *buffer, size_t bytes)
{
    size_t skipped = -(uintptr_t)buffer % _Alignof(struct slab_block);
    if (skipped > bytes) {
        return;
    }
    char *at = (char *)buffer + skipped;
    for (size_t left = bytes - skipped; left >= slabs->blocksize; left -= slabs->blocksize) {
        slab_free(slabs, at);
        slabs->total++;
        at += slabs->blocksize;
    }
}

void *slab_alloc(struct slab_allocator *slabs)
{
    if (!slabs->free && slabs->refill_func && !slabs->refilling) {
        slabs->refilling = true;
        (void)slabs->refill_func(slabs); // What counts is whether there is a block now.
        slabs->refilling = false;
    }
    struct slab_block *block = slabs->free;
    if (block) {
        slabs->free = block->next;
        slabs->free_count--;
    }
    return block;
}

void slab_free(struct slab_allocator *slabs, void *block)
{
    struct slab_block *freed = block;
    freed->next = slabs->free;
    slabs->free = freed;
    slabs->free_count++;
}

size_t slab_freecount(const struct slab_allocator *slabs)
{
    return slabs->free_count;
}
