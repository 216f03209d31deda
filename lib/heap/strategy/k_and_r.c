/**
 * One circular list of free blocks by address; the first that is large enough, from where the last search
 * ended (Kernighan and Ritchie, The C Programming Language, 8.7, as in the sources' systems). Blocks that
 * touch become one when they are given back, which goes along the list.
 */
#include <heap/heap.h>
#include <stdbool.h>

static struct heap_block *last; ///< In front of where the next search begins; NULL: nothing is free.

size_t heap_strategy_room(size_t size)
{
    return (size + HEAP_ALIGNMENT - 1) & ~(HEAP_ALIGNMENT - 1);
}

struct heap_block *heap_strategy_take(size_t size)
{
    struct heap_block *before = last;
    if (!before) {
        return NULL;
    }
    size = heap_strategy_room(size);
    do {
        struct heap_block *block = before->next;
        if (block->size == size) {
            before->next = block->next;
            last = before == block ? NULL : before;
            return block;
        }
        if (block->size > size) {
            // Its end: the rest stays where it is in the list.
            block->size -= size;
            last = before;
            block = (struct heap_block *)((char *)block + block->size);
            block->size = size;
            return block;
        }
        before = block;
    } while (before != last);
    return NULL;
}

static bool touch(const struct heap_block *lower, const struct heap_block *upper)
{
    return (const char *)lower + lower->size == (const char *)upper;
}

/// The free block behind which one at this address stands.
static struct heap_block *find_before(const struct heap_block *block)
{
    struct heap_block *before = last;
    while (!(before < block && block < before->next)) {
        if (before >= before->next && (block > before || block < before->next)) {
            break; // between the highest and the lowest
        }
        before = before->next;
    }
    return before;
}

void heap_strategy_give(struct heap_block *block)
{
    if (!last) {
        block->next = block;
        last = block;
        return;
    }
    struct heap_block *before = find_before(block), *after = before->next;
    if (touch(block, after)) {
        block->size += after->size;
        block->next = after == before ? block : after->next;
        before = after == before ? block : before;
    } else {
        block->next = after;
    }
    if (before == block) {
        last = block;
        return;
    }
    if (touch(before, block)) {
        before->size += block->size;
        before->next = block->next == block ? before : block->next;
    } else {
        before->next = block;
    }
    last = before;
}

void heap_strategy_add(void *memory, size_t bytes)
{
    struct heap_block *block = memory;
    block->size = bytes;
    heap_strategy_give(block);
}
