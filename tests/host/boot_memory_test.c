/**
 * Physical memory at start-up: ranges against a model with a flag a page, and device trees, good and damaged.
 *
 * Sources: kernel/boot/memory.c kernel/boot/device_tree.c kernel/cap
 * Sources: tests/host/arena.c tests/host/fake_kernel.c
 * Needs: libfdt
 */
#include "check.h"
#include "fake_kernel.h"
#include <arch/armv8/map.h>
#include <boot/device_tree.h>
#include <boot/memory.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define BASE       0x40000000UL
#define PAGES      512
#define ROUNDS     2000
#define TREE_BYTES 4096
#define DAMAGED    20000

static uint8_t free_page[PAGES];

bool map_ram(lpaddr_t base, gensize_t bytes, lpaddr_t image)
{
    (void)base;
    (void)bytes;
    (void)image;
    return true;
}

static int forget_all(void **state)
{
    (void)state;
    memory_reserve(0, 1UL << 40);
    memset(free_page, 0, sizeof(free_page));
    return 0;
}

static void set_pages(lpaddr_t first, lpaddr_t end, uint8_t value)
{
    for (lpaddr_t page = first; page < end; page++) {
        free_page[page] = value;
    }
}

static void assert_as_model(void)
{
    struct boot_region regions[BOOTINFO_MAX_REGIONS];
    uint8_t found[PAGES] = {0};
    const size_t count = memory_regions(regions, BOOTINFO_MAX_REGIONS);
    for (size_t i = 0; i < count; i++) {
        for (gensize_t offset = 0; offset < regions[i].bytes; offset += BASE_PAGE_SIZE) {
            const size_t page = (regions[i].base + offset - BASE) / BASE_PAGE_SIZE;
            assert_true(page < PAGES);
            assert_int_equal(found[page], 0);
            found[page] = 1;
        }
    }
    assert_memory_equal(found, free_page, sizeof(found));
}

/// Adding rounds inwards, reserving outwards, taking gives aligned memory that was free.
static void test_random_ranges(void **state)
{
    (void)state;
    srandom(3);
    for (unsigned round = 0; round < ROUNDS; round++) {
        forget_all(NULL);
        for (unsigned step = 0; step < 12; step++) {
            const lpaddr_t at = (lpaddr_t)random() % (PAGES * BASE_PAGE_SIZE);
            const gensize_t bytes = (gensize_t)random() % (PAGES * BASE_PAGE_SIZE - at);
            const lpaddr_t first = at / BASE_PAGE_SIZE, end = (at + bytes) / BASE_PAGE_SIZE;
            if (random() % 3 != 0) {
                memory_add(BASE + at, bytes);
                set_pages(ROUND_UP(at, BASE_PAGE_SIZE) / BASE_PAGE_SIZE, end, 1);
            } else {
                memory_reserve(BASE + at, bytes);
                set_pages(first, ROUND_UP(at + bytes, BASE_PAGE_SIZE) / BASE_PAGE_SIZE, 0);
            }
            assert_as_model();
        }
        memory_add(BASE, 64 * BASE_PAGE_SIZE);
        set_pages(0, 64, 1);
        const gensize_t align = BASE_PAGE_SIZE << random() % 4;
        const lpaddr_t taken = memory_take(3 * BASE_PAGE_SIZE, align) - BASE;
        assert_int_equal(taken % align, 0);
        for (unsigned page = 0; page < 3; page++) {
            assert_int_equal(free_page[taken / BASE_PAGE_SIZE + page], 1);
            free_page[taken / BASE_PAGE_SIZE + page] = 0;
        }
        assert_as_model();
    }
}

static void test_memory_out_of_reach_is_left_out(void **state)
{
    (void)state;
    memory_add(0x4000000000, 0x10000);
    assert_int_equal(memory_total(), 0);
    memory_add(0x4000000000 - 0x1000, 0x10000);
    assert_int_equal(memory_total(), 0x1000);
}

static void make_tree(char tree[TREE_BYTES])
{
    int reserved;
    assert_int_equal(fdt_create_empty_tree(tree, TREE_BYTES), 0);
    assert_int_equal(fdt_setprop_u32(tree, 0, "#address-cells", 2), 0);
    assert_int_equal(fdt_setprop_u32(tree, 0, "#size-cells", 2), 0);
    int node = fdt_add_subnode(tree, 0, "memory@40000000");
    assert_int_equal(fdt_setprop_string(tree, node, "device_type", "memory"), 0);
    assert_int_equal(fdt_setprop_u64(tree, node, "reg", BASE), 0);
    assert_int_equal(fdt_appendprop_u64(tree, node, "reg", 0x100000), 0);
    node = fdt_add_subnode(tree, 0, "chosen");
    assert_int_equal(fdt_setprop_string(tree, node, "bootargs", "mode=run slice_us=7"), 0);
    node = fdt_add_subnode(tree, 0, "reserved-memory");
    assert_int_equal(fdt_setprop_u32(tree, node, "#address-cells", 2), 0);
    assert_int_equal(fdt_setprop_u32(tree, node, "#size-cells", 2), 0);
    reserved = fdt_add_subnode(tree, node, "firmware@40010000");
    assert_int_equal(fdt_setprop_u64(tree, reserved, "reg", BASE + 0x10000), 0);
    assert_int_equal(fdt_appendprop_u64(tree, reserved, "reg", 0x2000), 0);
    assert_int_equal(fdt_add_mem_rsv(tree, BASE + 0x20000, 0x1000), 0);
}

static void test_device_tree(void **state)
{
    (void)state;
    char tree[TREE_BYTES], command_line[64], short_line[9];
    make_tree(tree);
    assert_true(device_tree_read(tree, sizeof(tree), command_line, sizeof(command_line)));
    assert_string_equal(command_line, "mode=run slice_us=7");
    assert_int_equal(memory_total(), 0x100000 - 0x2000 - 0x1000);
    assert_true(device_tree_read(tree, sizeof(tree), short_line, sizeof(short_line)));
    assert_string_equal(short_line, "mode=run");
    assert_false(device_tree_read(NULL, 0, command_line, sizeof(command_line)));
    assert_string_equal(command_line, "");
}

/// A tree may say anything: nothing outside it is read, and nothing ends the kernel.
static void test_damaged_device_trees(void **state)
{
    (void)state;
    char tree[TREE_BYTES], command_line[64];
    srandom(5);
    make_tree(tree);
    const size_t used = fdt_totalsize(tree);
    assert_int_equal(fdt_pack(tree), 0);
    for (unsigned i = 0; i < DAMAGED; i++) {
        const size_t bytes = fdt_totalsize(tree);
        char *copy = malloc(bytes);
        memcpy(copy, tree, bytes);
        for (unsigned flips = 1 + (unsigned)random() % 4; flips > 0; flips--) {
            copy[(size_t)random() % bytes] ^= (char)(1 << random() % 8);
        }
        device_tree_read(copy, bytes, command_line, sizeof(command_line));
        assert_true(memchr(command_line, 0, sizeof(command_line)) != NULL);
        forget_all(NULL);
        free(copy);
    }
    assert_true(used <= sizeof(tree));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_random_ranges, forget_all),
        cmocka_unit_test_setup(test_memory_out_of_reach_is_left_out, forget_all),
        cmocka_unit_test_setup(test_device_tree, forget_all),
        cmocka_unit_test_setup(test_damaged_device_trees, forget_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
