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

/// What a block is; mixed with its address, so that no other memory looks like it.
enum block_kind {
    BLOCK_SMALL = 1,
    BLOCK_LARGE,
    BLOCK_ALIGNED, ///< Inside another one, `bytes` behind its start.
    BLOCK_FREE,
};

/// In front of each block.
struct header {
    size_t bytes; ///< That the program may use.
    uint64_t mark;
};

#define HEADER_BYTES sizeof(struct header)
#define MARK         0x6c616e7465726eUL

/// At the start of a large block's addresses.
struct large {
    struct paging_region region;
    uint64_t reserved;
    struct header header;
};

_Static_assert(HEADER_BYTES == HEAP_ALIGNMENT && sizeof(struct large) % HEAP_ALIGNMENT == 0,
               "what stands behind a header is aligned");

/// Used with the mutex held.
static struct {
    struct thread_mutex mutex;
    struct paging_region small; ///< Not set up before the first use.
} heap;

size_t heap_bytes(void)
{
    return heap.small.current_addr - heap.small.base_addr;
}

static uint64_t mark_of(const struct header *header, enum block_kind kind)
{
    return ((uintptr_t)header ^ MARK << 8) + kind;
}

static void *make_block(struct header *header, size_t bytes, enum block_kind kind)
{
    header->bytes = bytes;
    header->mark = mark_of(header, kind);
    return header + 1;
}

/// Brings memory for at least one block of this size.
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
        err = paging_region_map(&heap.small, size, &memory, &bytes);
    }
    if (err_is_ok(err)) {
        heap_strategy_add(memory, bytes);
    }
    return err_is_ok(err);
}

static void *take_small(size_t bytes)
{
    size_t size = heap_strategy_size(bytes + HEADER_BYTES);
    thread_mutex_lock(&heap.mutex);
    void *block = heap_strategy_take(size);
    if (__builtin_expect(!block, 0) && grow(size)) {
        block = heap_strategy_take(size);
    }
    thread_mutex_unlock(&heap.mutex);
    return block ? make_block(block, size - HEADER_BYTES, BLOCK_SMALL) : NULL;
}

static void *take_large(size_t bytes)
{
    struct paging_region region;
    void *memory;
    size_t all = ROUND_UP(bytes + sizeof(struct large), BASE_PAGE_SIZE);
    if (all < bytes
        || err_is_fail(
            paging_region_init(get_current_paging_state(), &region, all, VREGION_FLAGS_READ_WRITE))) {
        return NULL;
    }
    if (err_is_fail(paging_region_map(&region, all, &memory, NULL))) {
        paging_region_destroy(&region);
        return NULL;
    }
    struct large *large = memory;
    large->region = region;
    return make_block(&large->header, all - sizeof(struct large), BLOCK_LARGE);
}

/// \param errno ENOMEM if there is no memory
void *malloc(size_t bytes)
{
    void *block = __builtin_expect(bytes <= HEAP_SMALL_BYTES, 1) ? take_small(bytes) : take_large(bytes);
    if (__builtin_expect(!block, 0)) {
        errno = ENOMEM;
    }
    return block;
}

static _Noreturn void misused(const char *line)
{
    kernel_print(line, strlen(line));
    abort();
}

/// The header of a block that is in use; what is anything else ends the domain.
static struct header *check(void *block, enum block_kind *kind)
{
    struct header *header = (struct header *)block - 1;
    uint64_t what = (uintptr_t)block % HEAP_ALIGNMENT ? 0 : header->mark - mark_of(header, 0);
    if (what == BLOCK_FREE) {
        misused("heap: memory is freed that was freed before\n");
    }
    if (what != BLOCK_SMALL && what != BLOCK_LARGE && what != BLOCK_ALIGNED) {
        misused(
            "heap: memory is freed that malloc() did not give, or something has written in front of it\n");
    }
    *kind = (enum block_kind)what;
    return header;
}

void free(void *block)
{
    enum block_kind kind;
    if (!block) {
        return;
    }
    struct header *header = check(block, &kind);
    header->mark = mark_of(header, BLOCK_FREE);
    if (kind == BLOCK_ALIGNED) {
        free((char *)block - header->bytes);
    } else if (kind == BLOCK_LARGE) {
        struct paging_region region = ((struct large *)(header + 1) - 1)->region;
        paging_region_destroy(&region);
    } else {
        thread_mutex_lock(&heap.mutex);
        heap_strategy_give(header, header->bytes + HEADER_BYTES);
        thread_mutex_unlock(&heap.mutex);
    }
}

size_t malloc_usable_size(void *block)
{
    enum block_kind kind;
    if (!block) {
        return 0;
    }
    struct header *header = check(block, &kind);
    if (kind != BLOCK_ALIGNED) {
        return header->bytes;
    }
    return malloc_usable_size((char *)block - header->bytes) - header->bytes;
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
    char *block = malloc(alignment <= HEAP_ALIGNMENT ? bytes : bytes + alignment);
    size_t skipped = -(uintptr_t)block & (alignment - 1);
    if (!block || skipped == 0) {
        return block;
    }
    // At least a header's size, for both are multiples of it.
    return make_block((struct header *)(block + skipped) - 1, skipped, BLOCK_ALIGNED);
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
