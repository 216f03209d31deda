/**
 * What malloc and its family must do with every value of the axis `heap`: included by one test file for each,
 * which defines HEAP_JOINS (free blocks that touch become one).
 *
 * The heap is compiled in here under other names, over memory that is counted and can run out.
 */
#ifndef TEST_HEAP_SUITE_H
#define TEST_HEAP_SUITE_H

#include "check.h"
#include <aos/kernel.h>
#include <aos/paging.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

_Noreturn void heap_abort(void);
void heap_free(void *pointer);

#define malloc             heap_malloc
#define free               heap_free
#define calloc             heap_calloc
#define realloc            heap_realloc
#define reallocarray       heap_reallocarray
#define memalign           heap_memalign
#define aligned_alloc      heap_aligned_alloc
#define posix_memalign     heap_posix_memalign
#define malloc_usable_size heap_usable_size
#define abort              heap_abort
#include <heap/heap.c>
#undef malloc
#undef free
#undef calloc
#undef realloc
#undef reallocarray
#undef memalign
#undef aligned_alloc
#undef posix_memalign
#undef malloc_usable_size
#undef abort

#define PLENTY  (1UL << 40)
#define BLOCKS  150
#define SEEDS   60
#define STEPS   1200
#define THREADS 4

/// What lies below the heap.
static struct {
    pthread_mutex_t mutex;
    size_t left;         ///< Bytes that can still be had.
    unsigned regions;    ///< That there are.
    bool no_addresses;   ///< Regions cannot be made.
    jmp_buf abort_jump;  ///< Where to go when the heap finds itself misused,
    bool abort_expected; ///< if that is expected,
    char text[256];      ///< and what it said.
} below = {.mutex = PTHREAD_MUTEX_INITIALIZER, .left = PLENTY};

struct paging_state *get_current_paging_state(void)
{
    return (struct paging_state *)&below;
}

errval_t paging_region_init(struct paging_state *st, struct paging_region *pr, size_t size, int flags)
{
    if (below.no_addresses) {
        return err_push(LIB_ERR_PAGING_NO_SPACE, LIB_ERR_PAGING_MAP);
    }
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return err_push(LIB_ERR_PAGING_NO_SPACE, LIB_ERR_PAGING_MAP);
    }
    *pr = (struct paging_region){st, (lvaddr_t)base, (lvaddr_t)base, size, flags};
    pthread_mutex_lock(&below.mutex);
    below.regions++;
    pthread_mutex_unlock(&below.mutex);
    return SYS_ERR_OK;
}

errval_t paging_region_map(struct paging_region *pr, size_t req_size, void **retbuf, size_t *ret_size)
{
    const size_t bytes = ROUND_UP(req_size, BASE_PAGE_SIZE);
    pthread_mutex_lock(&below.mutex);
    const bool enough = bytes <= below.left;
    below.left -= enough ? bytes : 0;
    pthread_mutex_unlock(&below.mutex);
    if (!enough) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_PAGING_MAP);
    }
    assert_true(pr->current_addr + bytes <= pr->base_addr + pr->region_size);
    assert_int_equal(mprotect((void *)pr->current_addr, bytes, PROT_READ | PROT_WRITE), 0);
    *retbuf = (void *)pr->current_addr;
    pr->current_addr += bytes;
    if (ret_size) {
        *ret_size = bytes;
    }
    return SYS_ERR_OK;
}

void paging_region_destroy(struct paging_region *pr)
{
    pthread_mutex_lock(&below.mutex);
    below.left += pr->current_addr - pr->base_addr;
    below.regions--;
    pthread_mutex_unlock(&below.mutex);
    assert_int_equal(munmap((void *)pr->base_addr, pr->region_size), 0);
}

errval_t kernel_print(const char *text, size_t bytes)
{
    assert_true(bytes < sizeof(below.text));
    memcpy(below.text, text, bytes);
    below.text[bytes] = 0;
    return SYS_ERR_OK;
}

_Noreturn void heap_abort(void)
{
    assert_true(below.abort_expected);
    longjmp(below.abort_jump, 1);
}

/// The statement ends the domain, with this in what it says.
#define assert_misused(statement, says)                \
    do {                                               \
        below.abort_expected = true;                   \
        below.text[0] = 0;                             \
        if (setjmp(below.abort_jump) == 0) {           \
            statement;                                 \
            fail_msg("%s is not noticed", #statement); \
        }                                              \
        below.abort_expected = false;                  \
        assert_non_null(strstr(below.text, says));     \
    } while (0)

/* Blocks with a pattern in them. */

struct block {
    unsigned char *memory;
    size_t bytes;
    unsigned char pattern;
};

static struct block blocks[BLOCKS];

static bool is_filled(const unsigned char *memory, unsigned char pattern, size_t bytes)
{
    return bytes == 0 || (memory[0] == pattern && memcmp(memory, memory + 1, bytes - 1) == 0);
}

static void check_block(const struct block *block)
{
    assert_true(is_filled(block->memory, block->pattern, block->bytes));
}

/// Nobody else has any of a block, nor of the header in front of it.
static void check_apart(const struct block *block)
{
    for (const struct block *other = blocks; other < blocks + BLOCKS; other++) {
        if (other != block && other->memory) {
            assert_true(block->memory - HEADER_BYTES >= other->memory + other->bytes
                        || other->memory - HEADER_BYTES >= block->memory + block->bytes);
        }
    }
}

/// A block is as it should be; all that can be used of it gets a pattern.
static void fill_block(struct block *block, size_t wanted, size_t alignment, unsigned char pattern)
{
    assert_int_equal((uintptr_t)block->memory % HEAP_ALIGNMENT, 0);
    assert_int_equal((uintptr_t)block->memory % alignment, 0);
    block->bytes = heap_usable_size(block->memory);
    assert_true(block->bytes >= wanted);
    block->pattern = pattern;
    memset(block->memory, pattern, block->bytes);
}

static size_t random_below(size_t limit)
{
    return (size_t)random() % limit;
}

/// Mostly small, of any kind, and now and then around a border.
static size_t random_bytes(void)
{
    static const size_t most[] = {40, 40, 300, 300, 1100, 20000, 70000, 1UL << 20};
    const size_t bytes = random_below(most[random_below(ARRAY_LENGTH(most))]);
    return random_below(50) == 0 ? HEAP_SMALL_BYTES - 20 + random_below(40) : bytes;
}

/// One of the functions that allocate. \return true if there was memory
static bool random_alloc(struct block *block)
{
    const size_t bytes = random_bytes();
    size_t alignment = 1;
    void *aligned = NULL;
    errno = 0;
    switch (random_below(6)) {
    case 0:
        block->memory = heap_calloc(bytes / 8 + 1, 8);
        assert_true(!block->memory || is_filled(block->memory, 0, (bytes / 8 + 1) * 8));
        break;
    case 1:
        alignment = 1UL << random_below(17);
        block->memory =
            random_below(2) ? heap_memalign(alignment, bytes) : heap_aligned_alloc(alignment, bytes);
        break;
    case 2:
        alignment = sizeof(void *) << random_below(12);
        errno = heap_posix_memalign(&aligned, alignment, bytes);
        block->memory = aligned;
        break;
    case 3:
        block->memory = heap_realloc(NULL, bytes);
        break;
    default:
        block->memory = heap_malloc(bytes);
    }
    if (!block->memory) {
        assert_int_equal(errno, ENOMEM);
        return false;
    }
    fill_block(block, bytes, alignment, (unsigned char)random());
    return true;
}

static void free_block(struct block *block)
{
    if (block->memory) {
        check_block(block);
        heap_free(block->memory);
        *block = (struct block){0};
    }
}

/// What the smaller of both has stays; without memory all of it does.
static void random_realloc(struct block *block)
{
    const size_t bytes = 1 + (random_below(2) ? random_bytes() : random_below(block->bytes + 1));
    errno = 0;
    unsigned char *memory =
        random_below(2) ? heap_realloc(block->memory, bytes) : heap_reallocarray(block->memory, bytes, 1);
    if (!memory) {
        assert_int_equal(errno, ENOMEM);
        return;
    }
    block->memory = memory;
    assert_true(is_filled(memory, block->pattern, bytes < block->bytes ? bytes : block->bytes));
    fill_block(block, bytes, 1, (unsigned char)random());
}

static void free_all(void)
{
    for (struct block *block = blocks; block < blocks + BLOCKS; block++) {
        free_block(block);
    }
    heap_free(NULL);
}

static void random_steps(unsigned steps)
{
    for (unsigned step = 0; step < steps; step++) {
        struct block *block = &blocks[random_below(BLOCKS)];
        if (!block->memory) {
            if (!random_alloc(block)) {
                continue;
            }
        } else if (random_below(3) == 0) {
            check_block(block);
            random_realloc(block);
        } else {
            free_block(block);
            continue;
        }
        check_apart(block);
    }
}

static void test_random_use(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        random_steps(STEPS);
        free_all();
        assert_int_equal(below.regions, 1); // That of small blocks.
    }
}

/// The same while there is little memory, and now and then none.
static void test_random_use_with_little_memory(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        below.left = random_below(2UL << 20);
        const size_t left = below.left;
        for (unsigned round = 0; round < 4; round++) {
            below.no_addresses = random_below(3) == 0;
            random_steps(STEPS / 4);
        }
        below.no_addresses = false;
        free_all();
        assert_int_equal(below.regions, 1);
        assert_true(below.left <= left);
    }
    below.left = PLENTY;
}

static void test_sizes_that_overflow(void **state)
{
    (void)state;
    void *other = &other;
    for (size_t less = 0; less < 5000; less += less < 40 ? 1 : 331) {
        assert_null(heap_malloc(SIZE_MAX - less));
        assert_null(heap_memalign(64, SIZE_MAX - less));
    }
    errno = 0;
    assert_null(heap_calloc(SIZE_MAX / 2, 3));
    assert_int_equal(errno, ENOMEM);
    errno = 0;
    assert_null(heap_memalign(48, 10));
    assert_int_equal(errno, EINVAL);
    assert_null(heap_memalign(0, 10));
    assert_int_equal(heap_posix_memalign(&other, 4, 10), EINVAL);
    assert_int_equal(heap_posix_memalign(&other, 24, 10), EINVAL);
    assert_int_equal(heap_posix_memalign(&other, 16, SIZE_MAX / 2), ENOMEM);
    assert_ptr_equal(other, &other);
    assert_int_equal(heap_usable_size(NULL), 0);

    unsigned char *block = heap_malloc(100);
    memset(block, 7, 100);
    errno = 0;
    assert_null(heap_reallocarray(block, SIZE_MAX / 2, 3));
    assert_int_equal(errno, ENOMEM);
    assert_null(heap_realloc(block, SIZE_MAX / 2));
    assert_true(is_filled(block, 7, 100));
    heap_free(block);
}

static void test_misuse_is_noticed(void **state)
{
    (void)state;
    static _Alignas(16) unsigned char foreign[256];
    // Of what a strategy leaves in a free block, not all remember that it was freed.
    const char *twice = HEAP_JOINS ? "heap: memory is freed that malloc() did not give" : "freed before";
    unsigned char *block = heap_malloc(40), *neighbour = heap_malloc(40);
    memset(block, 0, 40);
    assert_misused(heap_free(foreign + 64), "did not give");
    assert_misused(heap_free(block + 16), "did not give");
    assert_misused(heap_free(block + 1), "did not give");
    assert_misused(heap_usable_size(block + 16), "did not give");
    assert_misused(heap_realloc(foreign + 32, 10), "did not give");
    heap_free(block);
    assert_misused(heap_free(block), twice);
    assert_misused(heap_realloc(block, 10), twice);
    heap_free(neighbour);
    assert_misused(heap_free(neighbour), twice);
    assert_misused(heap_free(block), twice);

    block = heap_memalign(4096, 40);
    heap_free(block);
    assert_misused(heap_free(block), "freed");

    block = heap_malloc(40);
    const unsigned char kept = block[-1];
    block[-1] ^= 1; // What runs past the end of the block in front does this.
    assert_misused(heap_free(block), "something has written in front of it");
    block[-1] = kept;
    heap_free(block);
}

/// Takes blocks of one size until there are none. \return how many
static size_t take_all(size_t bytes, void **chain)
{
    size_t count = 0;
    void **block;
    errno = 0;
    while ((block = heap_malloc(bytes))) {
        *block = *chain;
        *chain = block;
        count++;
    }
    assert_int_equal(errno, ENOMEM);
    return count;
}

static void give_all(void **chain)
{
    while (*chain) {
        void **block = *chain;
        *chain = *block;
        heap_free(block);
    }
}

static void test_exhaustion(void **state)
{
    (void)state;
    static const size_t sizes[] = {8, 24, 600, 5000, 60000};
    void *chain = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        below.left = 16 * GROWTH_BYTES + 3 * BASE_PAGE_SIZE;
        const size_t most = take_all(sizes[i], &chain);
        assert_true(most > 0 && below.left < sizes[i] + 5 * BASE_PAGE_SIZE + sizes[i] / 2);
        give_all(&chain);
        // At least as many fit again, without any more memory.
        below.left = 0;
        assert_true(take_all(sizes[i], &chain) >= most);
        give_all(&chain);
    }
    if (HEAP_JOINS) {
        const size_t many = take_all(8, &chain);
        give_all(&chain);
        assert_true(take_all(HEAP_SMALL_BYTES, &chain) >= many * 32 / HEAP_SMALL_BYTES / 3);
        give_all(&chain);
    }
    assert_null(heap_malloc(1UL << 20));
    assert_int_equal(below.regions, 1); // Addresses that were reserved for it are back.
    below.left = PLENTY;
}

static void test_large_blocks_go_back_at_once(void **state)
{
    (void)state;
    const size_t left = below.left;
    unsigned char *block = heap_malloc(HEAP_SMALL_BYTES + 1);
    assert_int_equal(below.regions, 2);
    assert_true(below.left < left);
    memset(block, 9, HEAP_SMALL_BYTES + 1);
    block = heap_realloc(block, 1UL << 20);
    assert_true(is_filled(block, 9, HEAP_SMALL_BYTES + 1));
    assert_int_equal(below.regions, 2);
    assert_int_equal(left - below.left, (1UL << 20) + BASE_PAGE_SIZE);
    block = heap_realloc(block, 100);
    assert_true(is_filled(block, 9, 100));
    assert_int_equal(below.regions, 1);
    heap_free(block);
    block = heap_memalign(1UL << 16, 1UL << 17);
    assert_int_equal(below.regions, 2);
    heap_free(block);
    heap_free(heap_calloc(1, 1UL << 20));
    assert_int_equal(below.regions, 1);
    assert_true(below.left >= left - GROWTH_BYTES);
}

/// What one thread does with blocks of its own.
static void *work(void *seed)
{
    unsigned random = (unsigned)(uintptr_t)seed;
    struct block own[32] = {0};
    for (unsigned step = 0; step < 20000; step++) {
        struct block *block = &own[rand_r(&random) % 32];
        if (block->memory) {
            free_block(block);
        } else if ((block->memory = heap_malloc((size_t)rand_r(&random) % (step % 50 ? 500 : 100000)))) {
            fill_block(block, 0, 1, (unsigned char)random);
        }
    }
    for (unsigned i = 0; i < 32; i++) {
        free_block(&own[i]);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(below.regions, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_use),
        cmocka_unit_test(test_random_use_with_little_memory),
        cmocka_unit_test(test_sizes_that_overflow),
        cmocka_unit_test(test_misuse_is_noticed),
        cmocka_unit_test(test_exhaustion),
        cmocka_unit_test(test_large_blocks_go_back_at_once),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
