/**
 * Slabs: blocks that do not overlap, exhaustion that changes nothing, and refilling.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_lie_inside_the_buffer_and_apart),
        cmocka_unit_test(test_exhaustion_changes_nothing),
        cmocka_unit_test(test_refilling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
