/**
 * What a value of the axis `heap` defines: how the heap keeps the memory of small blocks.
 *
 * lib/heap/heap.c is the malloc family: it gets memory, keeps large blocks apart, notices bad frees, and sees
 * to it that one thread at a time is here.
 */
#ifndef LIB_HEAP_HEAP_H
#define LIB_HEAP_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define HEAP_ALIGNMENT 16UL

/// Larger blocks than this never come here.
#define HEAP_SMALL_BYTES (64UL * 1024)

/// What stands at the start of every block, taken or free.
struct heap_block {
    size_t size; ///< Of all of it: a multiple of HEAP_ALIGNMENT.
    union {
        uint64_t mark;           ///< Taken: heap.c's.
        struct heap_block *next; ///< Free: for the strategy.
    };
};

_Static_assert(sizeof(struct heap_block) == HEAP_ALIGNMENT, "what stands behind it is aligned");

/// RAM that small blocks have got: the address space gives it to the heap and never gets it back.
size_t heap_bytes(void);

/// Takes a block of at least `size` bytes. \return with its size filled in; NULL if heap_strategy_add() must
/// bring more
struct heap_block *heap_strategy_take(size_t size);

/// Gives a block back.
void heap_strategy_give(struct heap_block *block);

/// Adds memory, aligned to HEAP_ALIGNMENT. It often, not always, begins where the memory before it ended.
void heap_strategy_add(void *memory, size_t bytes);

/// How much memory a block of at least `size` bytes takes at most.
size_t heap_strategy_room(size_t size);

#endif
