/**
 * Slabs: blocks that do not overlap, exhaustion that changes nothing, refilling in all its moods, and frees
 * that are refused.
 *
 * Sources: lib/mm/slab.c
 */
#include <aos/slab.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES  20
#define BUFFER_BYTES 1001
#define MOST_BLOCKS  64

static unsigned take_all(struct slab_allocator *slabs, void **blocks)
{
    unsigned count = 0;
    while ((blocks[count] = slab_alloc(slabs)) != NULL) {
        memset(blocks[count], (int)count + 1, BLOCK_BYTES);
        count++;
    }
    return count;
}

static void test_blocks_lie_inside_the_buffer_and_apart(void **state)
{
    (void)state;
    struct slab_allocator slabs;
    void *blocks[MOST_BLOCKS];
    slab_init(&slabs, BLOCK_BYTES, NULL);
    assert_null(slab_alloc(&slabs));
    for (size_t skipped = 0; skipped < 9; skipped++) {
        char *buffer = malloc(BUFFER_BYTES); // Exactly this much: a byte beyond it is seen.
        slab_init(&slabs, BLOCK_BYTES, NULL);
        slab_grow(&slabs, buffer + skipped, BUFFER_BYTES - skipped);
        const unsigned count = take_all(&slabs, blocks);
        assert_int_equal(count, (BUFFER_BYTES - 8) / 24);
        assert_int_equal(slabs.total, count);
        for (unsigned i = 0; i < count; i++) {
            const unsigned char *bytes = blocks[i];
            assert_int_equal((uintptr_t)bytes % 8, 0);
            assert_int_equal(bytes[0], i + 1);
            assert_int_equal(bytes[BLOCK_BYTES - 1], i + 1);
        }
        free(buffer);
    }
}

static void test_exhaustion_changes_nothing(void **state)
{
    (void)state;
    static char first[BUFFER_BYTES], second[BUFFER_BYTES];
    struct slab_allocator slabs;
    void *blocks[2 * MOST_BLOCKS];
    slab_init(&slabs, BLOCK_BYTES, NULL);
    slab_grow(&slabs, first, sizeof(first));
    const unsigned count = take_all(&slabs, blocks);
    for (unsigned i = 0; i < 10; i++) {
        assert_null(slab_alloc(&slabs));
        assert_int_equal(slab_freecount(&slabs), 0);
    }
    slab_free(&slabs, blocks[3]);
    assert_int_equal(slab_freecount(&slabs), 1);
    assert_ptr_equal(slab_alloc(&slabs), blocks[3]);
    slab_grow(&slabs, second, 3); // too small for a block
    slab_grow(&slabs, second + 1, 1);
    assert_null(slab_alloc(&slabs));
    slab_grow(&slabs, second, sizeof(second));
    assert_in_range(take_all(&slabs, blocks + count), count - 1, count);
}

static unsigned refills;
static char refill_buffer[3][BUFFER_BYTES];

static errval_t refill_function(struct slab_allocator *slabs)
{
    assert_null(slab_alloc(slabs)); // Does not come back here.
    if (refills == 3) {
        return LIB_ERR_RAM_ALLOC;
    }
    slab_grow(slabs, refill_buffer[refills++], BUFFER_BYTES);
    return SYS_ERR_OK;
}

static void test_refilling(void **state)
{
    (void)state;
    struct slab_allocator slabs;
    void *blocks[4 * MOST_BLOCKS];
    slab_init(&slabs, BLOCK_BYTES, refill_function);
    const unsigned count = take_all(&slabs, blocks);
    assert_int_equal(refills, 3);
    assert_int_equal(count, slabs.total);
    slab_free(&slabs, blocks[0]);
    assert_non_null(slab_alloc(&slabs));
    assert_null(slab_alloc(&slabs));
}

/// The slab as it is, to see that a call left it alone.
#define assert_untouched(slabs, before) assert_memory_equal(&(slabs), &(before), sizeof(slabs))

static void test_double_free_is_refused(void **state)
{
    (void)state;
    static char buffer[BUFFER_BYTES] __attribute__((aligned(8)));
    struct slab_allocator slabs;
    void *blocks[MOST_BLOCKS];
    slab_init(&slabs, BLOCK_BYTES, NULL);
    slab_grow(&slabs, buffer, BUFFER_BYTES);
    const unsigned count = take_all(&slabs, blocks);
    for (unsigned i = 0; i < count; i++) {
        assert_ok(slab_check_free(&slabs, blocks[i]));
        slab_free(&slabs, blocks[i]);
    }
    // Whether it was freed first, last or in between.
    for (unsigned i = 0; i < count; i++) {
        struct slab_allocator before = slabs;
        assert_err(slab_check_free(&slabs, blocks[i]), MM_ERR_DOUBLE_FREE);
        slab_free(&slabs, blocks[i]);
        before.refused++;
        assert_untouched(slabs, before);
    }
    assert_int_equal(slabs.refused, count);
    assert_int_equal(take_all(&slabs, blocks), count);
    assert_int_equal(slab_freecount(&slabs), 0);
}

/// A block that was never written to, after it was allocated, is no free block.
static void test_block_that_nobody_wrote_to_is_freed(void **state)
{
    (void)state;
    static char buffer[BUFFER_BYTES] __attribute__((aligned(8)));
    struct slab_allocator slabs;
    slab_init(&slabs, BLOCK_BYTES, NULL);
    slab_grow(&slabs, buffer, BUFFER_BYTES);
    const size_t free_count = slab_freecount(&slabs);
    for (unsigned round = 0; round < 3; round++) {
        slab_free(&slabs, slab_alloc(&slabs));
    }
    assert_int_equal(slabs.refused, 0);
    assert_int_equal(slab_freecount(&slabs), free_count);
}

static void test_foreign_blocks_are_refused(void **state)
{
    (void)state;
    static char memory[3][BUFFER_BYTES + 7] __attribute__((aligned(8)));
    struct slab_allocator slabs;
    slab_init(&slabs, BLOCK_BYTES, NULL);
    assert_err(slab_check_free(&slabs, memory[1]), MM_ERR_FOREIGN); // There is nothing yet.
    slab_grow(&slabs, memory[1], BUFFER_BYTES);
    char *block = slab_alloc(&slabs);
    uint64_t local = 0;
    void *const foreign[] = {
        NULL, &local, memory[0], memory[1] - 8, memory[1] + BUFFER_BYTES / 24 * 24, memory[2], block + 4};
    for (unsigned i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        struct slab_allocator before = slabs;
        assert_err(slab_check_free(&slabs, foreign[i]), MM_ERR_FOREIGN);
        slab_free(&slabs, foreign[i]);
        before.refused++;
        assert_untouched(slabs, before);
    }
    slab_grow(&slabs, memory[0], BUFFER_BYTES); // Buffers come in any order.
    slab_grow(&slabs, memory[2], BUFFER_BYTES);
    void *blocks[3 * MOST_BLOCKS];
    const unsigned count = take_all(&slabs, blocks);
    for (unsigned i = 0; i < count; i++) {
        assert_ok(slab_check_free(&slabs, blocks[i]));
    }
}

/// How a refill function fails, in turn.
static enum {
    SAYS_WHY,
    ADDS_NOTHING,
    ADDS_TOO_LITTLE,
    TAKES_ITS_OWN_BLOCK,
    WORKS,
} refill_mood;

static unsigned mood_calls;

static errval_t moody_refill(struct slab_allocator *slabs)
{
    static char buffer[2][BUFFER_BYTES] __attribute__((aligned(8)));
    mood_calls++;
    switch (refill_mood) {
    case SAYS_WHY:
        return LIB_ERR_RAM_ALLOC;
    case ADDS_NOTHING:
        break;
    case ADDS_TOO_LITTLE:
        slab_grow(slabs, buffer[0], BLOCK_BYTES - 1);
        slab_grow(slabs, buffer[0] + 1, 3); // Not even to the next aligned address.
        break;
    case TAKES_ITS_OWN_BLOCK:
        slab_grow(slabs, buffer[0], 24);
        assert_non_null(slab_alloc(slabs)); // The only one, so that none is left.
        assert_null(slab_alloc(slabs));
        break;
    case WORKS:
        slab_grow(slabs, buffer[1], BUFFER_BYTES);
    }
    return SYS_ERR_OK;
}

static void test_refilling_that_fails_leaves_the_slab_as_it_was(void **state)
{
    (void)state;
    static char buffer[BUFFER_BYTES] __attribute__((aligned(8)));
    struct slab_allocator slabs;
    void *blocks[2 * MOST_BLOCKS];
    slab_init(&slabs, BLOCK_BYTES, moody_refill);
    slab_grow(&slabs, buffer, BUFFER_BYTES);
    for (unsigned i = 0; i < BUFFER_BYTES / 24; i++) {
        blocks[i] = slab_alloc(&slabs);
    }
    assert_int_equal(mood_calls, 0);
    const size_t total = slabs.total;
    for (refill_mood = SAYS_WHY; refill_mood != WORKS; refill_mood++) {
        const unsigned calls = mood_calls;
        assert_null(slab_alloc(&slabs));
        assert_int_equal(mood_calls, calls + 1); // It is asked each time, and once.
        assert_int_equal(slab_freecount(&slabs), 0);
        assert_false(slabs.refilling);
        slab_free(&slabs, blocks[0]); // What comes back is there for the next.
        assert_ptr_equal(slab_alloc(&slabs), blocks[0]);
    }
    assert_int_equal(slabs.total, total + 1); // The one that its refill function took.
    assert_non_null(slab_alloc(&slabs));
    assert_int_equal(slabs.refused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_lie_inside_the_buffer_and_apart),
        cmocka_unit_test(test_exhaustion_changes_nothing),
        cmocka_unit_test(test_refilling),
        cmocka_unit_test(test_double_free_is_refused),
        cmocka_unit_test(test_block_that_nobody_wrote_to_is_freed),
        cmocka_unit_test(test_foreign_blocks_are_refused),
        cmocka_unit_test(test_refilling_that_fails_leaves_the_slab_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
