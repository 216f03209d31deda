/**
 * A list of free blocks for each of a number of sizes; what is in no list yet is cut from one end of the last
 * memory that was added. Taking and giving is a list operation each. A block only ever serves its own size.
 *
 * Up to 1 KiB there is a size every 16 bytes, above four a doubling, so that a quarter is lost at most.
 */
#include <heap/heap.h>

#define FINE_BYTES  1024
#define FINE_SIZES  (FINE_BYTES / HEAP_ALIGNMENT)
#define FINE_BITS   10
#define DOUBLINGS   7 ///< From FINE_BYTES on; past HEAP_SMALL_BYTES with its header.
#define STEP_BITS   2
#define STEPS       (1 << STEP_BITS)
#define CLASS_COUNT (FINE_SIZES + DOUBLINGS * STEPS)

static struct heap_block *lists[CLASS_COUNT];
static char *rest; ///< Never in use so far.
static size_t rest_bytes;

static unsigned doubling_of(size_t size)
{
    return 63 - (unsigned)__builtin_clzl(size - 1) - FINE_BITS;
}

/// The class whose blocks have at least `size` bytes.
static inline unsigned class_of(size_t size)
{
    if (size <= FINE_BYTES) {
        return (unsigned)((size - 1) / HEAP_ALIGNMENT);
    }
    unsigned doubling = doubling_of(size);
    size_t step = (size - 1 - ((size_t)FINE_BYTES << doubling)) >> (FINE_BITS + doubling - STEP_BITS);
    return FINE_SIZES + doubling * STEPS + (unsigned)step;
}

size_t heap_strategy_room(size_t size)
{
    size_t step_bytes =
        size <= FINE_BYTES ? HEAP_ALIGNMENT : (size_t)FINE_BYTES << doubling_of(size) >> STEP_BITS;
    return (size + step_bytes - 1) & ~(step_bytes - 1);
}

/// The list is empty: a block that never was in use.
static __attribute__((noinline)) struct heap_block *take_fresh(size_t size)
{
    size = heap_strategy_room(size);
    if (size > rest_bytes) {
        return NULL;
    }
    struct heap_block *block = (struct heap_block *)rest;
    rest += size;
    rest_bytes -= size;
    block->size = size;
    return block;
}

struct heap_block *heap_strategy_take(size_t size)
{
    struct heap_block **list = &lists[class_of(size)];
    struct heap_block *block = *list;
    if (!block) {
        return take_fresh(size);
    }
    *list = block->next;
    return block;
}

void heap_strategy_give(struct heap_block *block)
{
    struct heap_block **list = &lists[class_of(block->size)];
    block->next = *list;
    *list = block;
}

/// What is left of the memory before serves the largest sizes that it can.
static void use_rest(void)
{
    while (rest_bytes >= HEAP_ALIGNMENT) {
        size_t size = rest_bytes < FINE_BYTES ? rest_bytes & ~(HEAP_ALIGNMENT - 1) : FINE_BYTES;
        struct heap_block *block = take_fresh(size);
        heap_strategy_give(block);
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
