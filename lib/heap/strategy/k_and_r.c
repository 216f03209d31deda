/**
 * One circular list of free blocks by address; the first that is large enough, from where the last search
 * ended (Kernighan and Ritchie, The C Programming Language, 8.7, as in the sources' systems). Blocks that
 * touch become one when they are given back, which goes along the list.
 */
#include <heap/heap.h>
#include <stdbool.h>
#include <stdint.h>

struct free_block {
    struct free_block *next; ///< By address; the last one's is the first.
    size_t size;
};

_Static_assert(sizeof(struct free_block) == HEAP_ALIGNMENT, "the smallest block is one of these");

static struct free_block *last; ///< In front of where the next search begins; NULL: nothing is free.

size_t heap_strategy_size(size_t bytes)
{
    return (bytes + HEAP_ALIGNMENT - 1) & ~(HEAP_ALIGNMENT - 1);
}

void *heap_strategy_take(size_t size)
{
    struct free_block *before = last;
    if (!before) {
        return NULL;
    }
    do {
        struct free_block *block = before->next;
        if (block->size == size) {
            before->next = block->next;
            last = before == block ? NULL : before;
            return block;
        }
        if (block->size > size) {
            block->size -= size;
            last = before;
            return (char *)block + block->size;
        }
        before = block;
    } while (before != last);
    return NULL;
}

static bool touch(const struct free_block *lower, const struct free_block *upper)
{
    return (const char *)lower + lower->size == (const char *)upper;
}

/// The free block behind which one at this address stands.
static struct free_block *find_before(const struct free_block *block)
{
    struct free_block *before = last;
    while (!(before < block && block < before->next)) {
        if (before >= before->next && (block > before || block < before->next)) {
            break; // between the highest and the lowest
        }
        before = before->next;
    }
    return before;
}

void heap_strategy_give(void *freed, size_t size)
{
    struct free_block *block = freed;
    block->size = size;
    if (!last) {
        block->next = block;
        last = block;
        return;
    }
    struct free_block *before = find_before(block);
    block->next = before->next;
    before->next = block;
    if (touch(block, block->next) && block->next != block) {
        struct free_block *after = block->next;
        block->size += after->size;
        block->next = after == before ? block : after->next;
        if (after == before) {
            before = block;
        }
    }
    if (before != block && touch(before, block)) {
        before->size += block->size;
        before->next = block->next;
        block = before;
    }
    last = before;
}

void heap_strategy_add(void *memory, size_t bytes)
{
    heap_strategy_give(memory, bytes);
}
