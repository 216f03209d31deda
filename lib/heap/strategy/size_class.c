/**
 * A list of free blocks for each of a number of sizes; what is in no list yet is cut from one end of the last
 * memory that was added. Taking and giving is a list operation each. A block only ever serves its own size.
 *
 * Up to 1 KiB there is a size every 16 bytes, above four a doubling, so that a quarter is lost at most.
 */
#include <heap/heap.h>
#include <stdint.h>

#define FINE_BYTES  1024
#define FINE_SIZES  (FINE_BYTES / HEAP_ALIGNMENT)
#define FINE_BITS   10
#define DOUBLINGS   7 ///< From FINE_BYTES on; past HEAP_SMALL_BYTES with its header.
#define STEP_BITS   2
#define STEPS       (1 << STEP_BITS)
#define CLASS_COUNT (FINE_SIZES + DOUBLINGS * STEPS)

struct free_block {
    struct free_block *next;
};

static struct free_block *lists[CLASS_COUNT];
static char *rest; ///< Never in use so far.
static size_t rest_bytes;

static unsigned class_of_large(size_t size)
{
    unsigned doubling = 63 - (unsigned)__builtin_clzl(size - 1) - FINE_BITS;
    size_t step = (size - 1 - ((size_t)FINE_BYTES << doubling)) >> (FINE_BITS + doubling - STEP_BITS);
    return FINE_SIZES + doubling * STEPS + (unsigned)step;
}

static inline unsigned class_of(size_t size)
{
    return size <= FINE_BYTES ? (unsigned)((size - 1) / HEAP_ALIGNMENT) : class_of_large(size);
}

size_t heap_strategy_size(size_t bytes)
{
    if (bytes <= FINE_BYTES) {
        return (bytes + HEAP_ALIGNMENT - 1) & ~(HEAP_ALIGNMENT - 1);
    }
    unsigned doubling = 63 - (unsigned)__builtin_clzl(bytes - 1) - FINE_BITS;
    size_t step_bytes = (size_t)FINE_BYTES << doubling >> STEP_BITS;
    return (bytes + step_bytes - 1) & ~(step_bytes - 1);
}

void *heap_strategy_take(size_t size)
{
    struct free_block **list = &lists[class_of(size)];
    struct free_block *block = *list;
    if (block) {
        *list = block->next;
        return block;
    }
    if (size > rest_bytes) {
        return NULL;
    }
    char *fresh = rest;
    rest += size;
    rest_bytes -= size;
    return fresh;
}

void heap_strategy_give(void *block, size_t size)
{
    struct free_block **list = &lists[class_of(size)];
    struct free_block *freed = block;
    freed->next = *list;
    *list = freed;
}

/// What is left of the memory before serves the largest sizes that it can.
static void use_rest(void)
{
    while (rest_bytes >= HEAP_ALIGNMENT) {
        size_t size = rest_bytes < FINE_BYTES ? rest_bytes & ~(HEAP_ALIGNMENT - 1) : FINE_BYTES;
        heap_strategy_give(rest, size);
        rest += size;
        rest_bytes -= size;
    }
}

void heap_strategy_add(void *memory, size_t bytes)
{
    if (rest + rest_bytes != (char *)memory) {
        use_rest();
        rest = memory;
        rest_bytes = 0;
    }
    rest_bytes += bytes;
}
