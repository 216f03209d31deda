/**
 * malloc and its family.
 *
 * In front of each block stands how large it is, and a mark by which a bad free is noticed. Blocks of more
 * than HEAP_SMALL_BYTES are a range of addresses of their own, whose memory goes back when they are freed;
 * the others are the business of the strategy that the build chose.
 *
 * The mutex may be held over a page fault, for memory comes when it is touched: nothing that a fault needs
 * uses the heap.
 */
#include <aos/kernel.h>
#include <aos/paging.h>
#include <aos/sync.h>
#include <errno.h>
#include <heap/heap.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAP_ADDRESSES (1UL << 40) ///< That small blocks have.
#define GROWTH_BYTES   (128UL * 1024)

/// What a taken block is; mixed with its address, so that hardly any other memory looks like it.
enum block_kind {
    BLOCK_SMALL = 1,
    BLOCK_LARGE,
    BLOCK_ALIGNED, ///< Inside another one: `size` bytes behind the start of what that one gives to the
                   ///< program.
};

#define HEADER_BYTES sizeof(struct heap_block)

/// At the start of a large block's addresses.
struct large {
    struct paging_region region;
    uint64_t reserved;
    struct heap_block block;
};

_Static_assert(sizeof(struct large) % HEAP_ALIGNMENT == 0, "what stands behind it is aligned");

/// Used with the mutex held.
static struct {
    struct thread_mutex mutex;
    struct paging_region small; ///< Not set up before the first use.
} heap;

size_t heap_bytes(void)
{
    return heap.small.current_addr - heap.small.base_addr;
}

static inline uint64_t mark_of(const struct heap_block *block, enum block_kind kind)
{
    return ~(uintptr_t)block - kind;
}

/// \return what the program gets
static inline void *hand_out(struct heap_block *block, enum block_kind kind)
{
    block->mark = mark_of(block, kind);
    return block + 1;
}

/// Brings memory for a block of at least this size.
static bool grow(size_t size)
{
    void *memory;
    size_t bytes = GROWTH_BYTES;
    if (!heap.small.st
        && err_is_fail(paging_region_init(get_current_paging_state(), &heap.small, HEAP_ADDRESSES,
                                          VREGION_FLAGS_READ_WRITE))) {
        return false;
    }
    errval_t err = paging_region_map(&heap.small, bytes, &memory, &bytes);
    if (err_is_fail(err)) {
        err = paging_region_map(&heap.small, heap_strategy_room(size), &memory, &bytes);
    }
    if (err_is_ok(err)) {
        heap_strategy_add(memory, bytes);
    }
    return err_is_ok(err);
}

/// The mutex is held, and nothing of this size is free.
static __attribute__((noinline)) struct heap_block *grow_and_take(size_t size)
{
    return grow(size) ? heap_strategy_take(size) : NULL;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

static __attribute__((noinline)) void *take_large(size_t bytes)
{
    struct paging_region region;
    void *memory;
    size_t all = ROUND_UP(bytes + sizeof(struct large), BASE_PAGE_SIZE);
    if (all < bytes
        || err_is_fail(
            paging_region_init(get_current_paging_state(), &region, all, VREGION_FLAGS_READ_WRITE))) {
        return no_memory();
    }
    if (err_is_fail(paging_region_map(&region, all, &memory, NULL))) {
        paging_region_destroy(&region);
        return no_memory();
    }
    struct large *large = memory;
    large->region = region;
    large->block.size = all - offsetof(struct large, block);
    return hand_out(&large->block, BLOCK_LARGE);
}

void *malloc(size_t bytes)
{
    if (__builtin_expect(bytes > HEAP_SMALL_BYTES, 0)) {
        return take_large(bytes);
    }
    size_t size = bytes + HEADER_BYTES;
    thread_mutex_lock(&heap.mutex);
    struct heap_block *block = heap_strategy_take(size);
    if (__builtin_expect(!block, 0)) {
        block = grow_and_take(size);
    }
    thread_mutex_unlock(&heap.mutex);
    return __builtin_expect(block != NULL, 1) ? hand_out(block, BLOCK_SMALL) : no_memory();
}

static _Noreturn void misused(void)
{
    static const char line[] = "heap: memory is freed that malloc() did not give, or that was freed before, "
                               "or something has written in "
                               "front of it\n";
    kernel_print(line, sizeof(line) - 1);
    abort();
}

/// The block of a pointer that a program has; one that is anything else ends the domain.
static struct heap_block *block_of(void *pointer, enum block_kind *kind)
{
    struct heap_block *block = (struct heap_block *)pointer - 1;
    if ((uintptr_t)pointer % HEAP_ALIGNMENT) {
        misused();
    }
    uint64_t what = ~(uintptr_t)block - block->mark;
    if (what < BLOCK_SMALL || what > BLOCK_ALIGNED) {
        misused();
    }
    *kind = (enum block_kind)what;
    return block;
}

static __attribute__((noinline)) void free_slowly(void *pointer)
{
    enum block_kind kind;
    if (!pointer) {
        return;
    }
    struct heap_block *block = block_of(pointer, &kind);
    block->mark = 0;
    if (kind == BLOCK_ALIGNED) {
        free((char *)pointer - block->size);
    } else {
        struct paging_region region = ((struct large *)(block + 1) - 1)->region;
        paging_region_destroy(&region);
    }
}

void free(void *pointer)
{
    struct heap_block *block = (struct heap_block *)((uintptr_t)pointer - HEADER_BYTES);
    if (!pointer || (uintptr_t)pointer % HEAP_ALIGNMENT || block->mark != mark_of(block, BLOCK_SMALL)) {
        free_slowly(pointer);
        return;
    }
    thread_mutex_lock(&heap.mutex);
    heap_strategy_give(block);
    thread_mutex_unlock(&heap.mutex);
}

size_t malloc_usable_size(void *pointer)
{
    enum block_kind kind;
    if (!pointer) {
        return 0;
    }
    struct heap_block *block = block_of(pointer, &kind);
    if (kind != BLOCK_ALIGNED) {
        return block->size - HEADER_BYTES;
    }
    return malloc_usable_size((char *)pointer - block->size) - block->size;
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = malloc(all);
    // Large blocks are fresh pages.
    return block && all <= HEAP_SMALL_BYTES ? memset(block, 0, all) : block;
}

void *realloc(void *block, size_t bytes)
{
    if (!block) {
        return malloc(bytes);
    }
    size_t usable = malloc_usable_size(block);
    if (bytes <= usable && (bytes >= usable / 2 || usable <= HEAP_SMALL_BYTES / 64)) {
        return block;
    }
    void *other = malloc(bytes);
    if (other) {
        memcpy(other, block, bytes < usable ? bytes : usable);
        free(block);
    }
    return other;
}

void *reallocarray(void *block, size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, all);
}

void *memalign(size_t alignment, size_t bytes)
{
    if (alignment == 0 || alignment & (alignment - 1) || alignment > SIZE_MAX - bytes) {
        errno = EINVAL;
        return NULL;
    }
    char *pointer = malloc(alignment <= HEAP_ALIGNMENT ? bytes : bytes + alignment);
    size_t skipped = -(uintptr_t)pointer & (alignment - 1);
    if (!pointer || skipped == 0) {
        return pointer;
    }
    // At least a header's size, for both are multiples of it.
    struct heap_block *block = (struct heap_block *)(pointer + skipped) - 1;
    block->size = skipped;
    hand_out(block, BLOCK_ALIGNED);
    return pointer + skipped;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

int posix_memalign(void **ret, size_t alignment, size_t bytes)
{
    if (alignment % sizeof(void *) || alignment == 0 || alignment & (alignment - 1)) {
        return EINVAL;
    }
    void *block = memalign(alignment, bytes);
    if (block) {
        *ret = block;
    }
    return block ? 0 : ENOMEM;
}
