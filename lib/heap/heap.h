/**
 * What a value of the axis `heap` defines: how the heap keeps the memory of small blocks.
 *
 * lib/heap/heap.c is the malloc family: it remembers how large each block is, gets memory, keeps large blocks
 * apart, and sees to it that one thread at a time is here.
 */
#ifndef LIB_HEAP_HEAP_H
#define LIB_HEAP_HEAP_H

#include <stddef.h>

#define HEAP_ALIGNMENT 16UL

/// Larger blocks than this never come here.
#define HEAP_SMALL_BYTES (64UL * 1024)

/// RAM that small blocks have got: the address space gives it to the heap and never gets it back.
size_t heap_bytes(void);

/// What a block of `bytes` really takes: a multiple of HEAP_ALIGNMENT, at least `bytes`.
size_t heap_strategy_size(size_t bytes);

/// Takes a block. \param size what heap_strategy_size() gave \return NULL if heap_strategy_add() must bring
/// more
void *heap_strategy_take(size_t size);

/// Gives a block back. \param size the one that it was taken with
void heap_strategy_give(void *block, size_t size);

/// Adds memory, aligned to HEAP_ALIGNMENT. It often, not always, begins where the memory before it ended.
void heap_strategy_add(void *memory, size_t bytes);

#endif
