/**
 * Slots, RAM, frames and paging of one domain: more than fits at first, freed in any order, and nothing lost
 * at the end.
 */
#include "check.h"

#include <aos/aos.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY_SLOTS  1000
#define MANY_RANGES 520 ///< Of all the slots of a CNode: the root CNode grows twice.
#define MANY_FRAMES 64
#define FRAME_BYTES 0x6000UL
#define MANY_PAGES  1200 ///< Freed in turns they make more ranges than a domain has nodes for at its start.

static void test_slots(void)
{
    static struct capref slots[MANY_SLOTS];
    struct capref range, other;
    for (unsigned i = 0; i < MANY_SLOTS; i++) {
        CHECK_OK(slot_alloc(&slots[i]));
        for (unsigned j = i > 300 ? i - 300 : 0; j < i; j++) {
            CHECK(!capcmp(slots[i], slots[j]));
        }
    }
    CHECK_OK(slot_alloc_range(&range, L2_CNODE_SLOTS));
    CHECK(range.slot == 0);
    for (unsigned i = 0; i < MANY_SLOTS; i++) {
        CHECK_OK(slot_free(slots[(i * 7) % MANY_SLOTS]));
    }
    CHECK_ERR(slot_free(slots[0]), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(slot_free(cap_root), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(slot_free(NULL_CAP), SYS_ERR_INVALID_ARGUMENT);
    for (unsigned i = 0; i < L2_CNODE_SLOTS; i++) {
        CHECK_OK(slot_free((struct capref){.cnode = range.cnode, .slot = i}));
    }
    CHECK_ERR(slot_alloc_range(&other, L2_CNODE_SLOTS + 1), SYS_ERR_INVALID_ARGUMENT);
    CHECK_OK(slot_alloc(&other));
    CHECK_OK(slot_free(other));
}

/// More slots than the root CNode that a domain starts with has room for.
static void test_many_slots(void)
{
    static struct capref ranges[MANY_RANGES];
    for (unsigned i = 0; i < MANY_RANGES; i++) {
        CHECK_OK(slot_alloc_range(&ranges[i], L2_CNODE_SLOTS));
    }
    struct capref last = ranges[MANY_RANGES - 1];
    CHECK(last.cnode.cnode >> L2_CNODE_BITS >= ROOTCN_SLOTS);
    CHECK_OK(cap_copy(last, cap_selfep));
    CHECK_OK(cap_delete(last));
    for (unsigned i = 0; i < MANY_RANGES; i++) {
        CHECK_OK(slot_free_range(ranges[(i * 7) % MANY_RANGES], L2_CNODE_SLOTS));
        CHECK_ERR(slot_free_range(ranges[(i * 7) % MANY_RANGES], 1), SYS_ERR_INVALID_ARGUMENT);
    }
}

static void test_ram(void)
{
    struct capref a, b, c, twin;
    struct capability_info info;
    gensize_t before = ram_alloc_free_bytes();
    CHECK_OK(ram_alloc(&a, 1));
    CHECK_OK(ram_alloc_aligned(&b, 3 * BASE_PAGE_SIZE, LARGE_PAGE_SIZE));
    CHECK_OK(ram_alloc(&c, 2 * BASE_PAGE_SIZE));
    CHECK_OK(cap_identify(b, &info));
    CHECK(info.type == ObjType_RAM && info.bytes == 3 * BASE_PAGE_SIZE && info.base % LARGE_PAGE_SIZE == 0);
    CHECK(ram_alloc_free_bytes() == before - 6 * BASE_PAGE_SIZE);
    CHECK_OK(ram_free(b));
    CHECK_ERR(ram_free_region(info.base, BASE_PAGE_SIZE), MM_ERR_DOUBLE_FREE);
    CHECK_ERR(ram_free_region(0, BASE_PAGE_SIZE), MM_ERR_FOREIGN);
    CHECK_ERR(ram_free(b), SYS_ERR_CAP_NOT_FOUND);
    CHECK_OK(ram_free(a));
    CHECK_OK(ram_free(c));
    CHECK(ram_alloc_free_bytes() == before);
    CHECK_ERR(ram_alloc(&a, before + BASE_PAGE_SIZE), LIB_ERR_RAM_ALLOC_EXHAUSTED);
    CHECK_ERR(ram_alloc(&a, 0), SYS_ERR_INVALID_ARGUMENT);
    // Memory in which there is something.
    CHECK_OK(ram_alloc(&a, 4 * BASE_PAGE_SIZE));
    CHECK_OK(slot_alloc(&b));
    CHECK_OK(cap_retype(b, a, BASE_PAGE_SIZE, ObjType_Frame, BASE_PAGE_SIZE, 1));
    CHECK(ram_free(a) == MM_ERR_DESCENDANTS);
    CHECK_OK(cap_destroy(b));
    CHECK_OK(ram_free(a));
    CHECK(ram_alloc_free_bytes() == before);
    // Memory that was freed while a copy was left is not handed out again.
    CHECK_OK(ram_alloc(&a, BASE_PAGE_SIZE));
    CHECK_OK(slot_alloc(&twin));
    CHECK_OK(cap_copy(twin, a));
    CHECK_OK(cap_identify(a, &info));
    CHECK_OK(ram_free(a));
    genpaddr_t held = info.base;
    CHECK_OK(ram_alloc(&b, BASE_PAGE_SIZE));
    CHECK_OK(cap_identify(b, &info));
    CHECK(info.base != held);
    CHECK_OK(ram_free(b));
    CHECK_OK(cap_destroy(twin));
    // It counts as allocated if the strategy came by it.
    errval_t err = ram_free_region(held, BASE_PAGE_SIZE);
    CHECK(err_is_ok(err) || err_no(err) == MM_ERR_DOUBLE_FREE);
    CHECK(ram_alloc_free_bytes() == before);
}

/// More ranges than nodes, so that nodes, slots and page tables are refilled from the memory itself; then
/// none left, and all of it back.
static void test_fragments(void)
{
    static struct capref pages[MANY_PAGES];
    struct capref large[64], all;
    gensize_t before = ram_alloc_free_bytes();
    for (unsigned i = 0; i < MANY_PAGES; i++) {
        CHECK_OK(ram_alloc(&pages[i], BASE_PAGE_SIZE));
    }
    for (unsigned i = 0; i < MANY_PAGES; i += 2) {
        CHECK_OK(ram_free(pages[i]));
    }
    unsigned count = 0;
    for (gensize_t bytes = ram_alloc_free_bytes(); bytes >= BASE_PAGE_SIZE; bytes /= 2) {
        errval_t err = SYS_ERR_OK;
        while (count < ARRAY_LENGTH(large) && err_is_ok(err)) {
            err = ram_alloc(&large[count], bytes);
            count += err_is_ok(err);
        }
    }
    CHECK(count > 0 && ram_alloc_free_bytes() < before / 2);
    for (unsigned i = 1; i < MANY_PAGES; i += 2) {
        CHECK_OK(ram_free(pages[i]));
    }
    while (count > 0) {
        CHECK_OK(ram_free(large[--count]));
    }
    // All is back but what nodes and slots are in.
    CHECK(ram_alloc_free_bytes() <= before && ram_alloc_free_bytes() > before - 0x80000);
    CHECK_OK(ram_alloc(&all, before / 4));
    CHECK_OK(ram_free(all));
}

static void test_paging(void)
{
    static struct capref frames[MANY_FRAMES];
    static char *windows[MANY_FRAMES];
    struct paging_state *st = get_current_paging_state();
    for (unsigned i = 0; i < MANY_FRAMES; i++) {
        CHECK_OK(frame_alloc(&frames[i], FRAME_BYTES, NULL));
        CHECK_OK(paging_map_frame(st, (void **)&windows[i], FRAME_BYTES, frames[i]));
        for (size_t at = 0; at < FRAME_BYTES; at += BASE_PAGE_SIZE) {
            CHECK(*(uint64_t *)(windows[i] + at) == 0);
        }
        memset(windows[i], (int)i + 1, FRAME_BYTES);
    }
    for (unsigned i = 0; i < MANY_FRAMES; i++) {
        CHECK(windows[i][0] == (char)(i + 1) && windows[i][FRAME_BYTES - 1] == (char)(i + 1));
    }
    for (unsigned i = 0; i < MANY_FRAMES; i++) {
        unsigned number = (i * 5) % MANY_FRAMES;
        CHECK_OK(paging_unmap(st, windows[number]));
        CHECK_ERR(paging_unmap(st, windows[number]), LIB_ERR_PAGING_NOT_MAPPED);
        CHECK_OK(ram_free(frames[number]));
    }
}

/// The same frame at two addresses, across the border of two page tables, and with large pages.
static void test_fixed_mappings(void)
{
    struct paging_state *st = get_current_paging_state();
    const lvaddr_t border = (200UL << 39) + 3 * HUGE_PAGE_SIZE; // the heap is further down
    struct capref frame, large;
    CHECK_OK(frame_alloc(&frame, FRAME_BYTES, NULL));
    CHECK_OK(paging_map_fixed(st, border - 2 * BASE_PAGE_SIZE, frame, FRAME_BYTES));
    CHECK_ERR(paging_map_fixed(st, border, frame, BASE_PAGE_SIZE), LIB_ERR_PAGING_OVERLAP);
    CHECK_ERR(paging_map_fixed(st, USER_ARGS, frame, BASE_PAGE_SIZE), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(paging_map_fixed(st, USER_LIMIT - BASE_PAGE_SIZE, frame, FRAME_BYTES),
              SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(paging_map_fixed_attr(st, USER_OWN_BASE, frame, BASE_PAGE_SIZE, 7), SYS_ERR_INVALID_ARGUMENT);
    CHECK_OK(paging_map_fixed_attr_offset(st, border + HUGE_PAGE_SIZE, frame, 2 * BASE_PAGE_SIZE,
                                          BASE_PAGE_SIZE, VREGION_FLAGS_READ));
    *(volatile uint64_t *)border = 77;
    CHECK(*(volatile uint64_t *)(border + HUGE_PAGE_SIZE) == 77);
    CHECK_OK(paging_unmap(st, (void *)(border + HUGE_PAGE_SIZE)));
    CHECK_OK(paging_unmap(st, (void *)(border - 2 * BASE_PAGE_SIZE)));
    CHECK_OK(ram_free(frame));

    char *window;
    struct capability_info info;
    CHECK_OK(slot_alloc(&large));
    CHECK_OK(ram_alloc_object(large, ObjType_Frame, 2 * LARGE_PAGE_SIZE, LARGE_PAGE_SIZE));
    CHECK_OK(cap_identify(large, &info));
    CHECK(info.bytes == 2 * LARGE_PAGE_SIZE);
    CHECK_OK(paging_map_frame(st, (void **)&window, 2 * LARGE_PAGE_SIZE, large));
    window[0] = 1;
    window[2 * LARGE_PAGE_SIZE - 1] = 2;
    CHECK_OK(paging_unmap(st, window));
    CHECK_OK(ram_free(large));
}

/// What is free, and what the library keeps for itself: together always the same.
static gensize_t accounted_bytes(void)
{
    return ram_alloc_free_bytes() + ram_alloc_kept_bytes();
}

/// The memory of large blocks goes back when they are freed, touched or not.
static void test_large_blocks(void)
{
    const size_t sizes[] = {0x11000, 0x80000, 0x200000, 0x300001};
    char *blocks[ARRAY_LENGTH(sizes)];
    gensize_t before = accounted_bytes();
    for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
        CHECK((blocks[i] = malloc(sizes[i])) != NULL);
        for (size_t at = 0; at < sizes[i]; at += (i + 1) * BASE_PAGE_SIZE) {
            CHECK(blocks[i][at] == 0);
            blocks[i][at] = 1;
        }
        CHECK(malloc_usable_size(blocks[i]) >= sizes[i]);
    }
    CHECK((blocks[0] = realloc(blocks[0], 0x22000)) != NULL && blocks[0][0] == 1);
    CHECK(accounted_bytes() <= before - 0x500000);
    for (unsigned i = 0; i < ARRAY_LENGTH(sizes); i++) {
        free(blocks[i]);
    }
    CHECK(accounted_bytes() == before);
    static volatile size_t most = SIZE_MAX; // The compiler would not have it.
    CHECK((blocks[0] = malloc(before)) == NULL && errno == ENOMEM);
    CHECK((blocks[0] = malloc(most)) == NULL);
    CHECK((blocks[0] = calloc(most / 2, 4)) == NULL);
    CHECK(accounted_bytes() == before);
}

static void test_aligned_blocks(void)
{
    void *blocks[20];
    for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++) {
        size_t alignment = 1UL << i;
        CHECK((blocks[i] = memalign(alignment, 100 * i)) != NULL);
        CHECK((uintptr_t)blocks[i] % alignment == 0 && malloc_usable_size(blocks[i]) >= 100 * i);
        memset(blocks[i], (int)i, 100 * i);
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++) {
        for (unsigned at = 0; at < 100 * i; at++) {
            CHECK(((char *)blocks[i])[at] == (char)i);
        }
        free(blocks[i]);
    }
    CHECK(memalign(3, 8) == NULL && errno == EINVAL);
}

/// Blocks until there is no memory, and the same number again when they have been freed.
static void test_heap(void)
{
    static void *all[4096]; // more than the domain has RAM for
    unsigned most = 0;
    for (unsigned round = 0; round < 3; round++) {
        unsigned count = 0;
        while (count < ARRAY_LENGTH(all) && (all[count] = malloc(10000)) != NULL) {
            memset(all[count], 1, 10000);
            count++;
        }
        CHECK(count > 500 && count < ARRAY_LENGTH(all) && count >= most);
        most = count;
        while (count > 0) {
            free(all[--count]);
        }
    }
}

static void test_memory_functions(void)
{
    char a[100], b[100];
    for (unsigned offset = 0; offset < 16; offset++) {
        for (unsigned bytes = 0; bytes < 80; bytes++) {
            for (unsigned i = 0; i < sizeof(a); i++) {
                a[i] = b[i] = (char)i;
            }
            memmove(a + offset, a + 5, bytes);
            for (unsigned i = 0; i < bytes; i++) {
                CHECK(a[offset + i] == b[5 + i]);
            }
            memset(b + offset, 0x85, bytes);
            CHECK(bytes == 0 || (b[offset] == (char)0x85 && b[offset + bytes - 1] == (char)0x85));
            CHECK(b[offset + bytes] == (char)(offset + bytes));
            memcpy(b, a + offset, bytes);
            CHECK(memcmp(b, a + offset, bytes) == 0);
        }
    }
}

int main(void)
{
    test_memory_functions();
    test_slots();
    test_ram();
    test_paging();
    const gensize_t before = accounted_bytes();
    test_paging();
    test_fixed_mappings();
    test_ram();
    CHECK(accounted_bytes() == before);
    test_many_slots();
    CHECK(accounted_bytes() == before);
    // What is kept for nodes and slots grows until it is enough, and then no more.
    unsigned rounds = 0;
    gensize_t kept;
    do {
        CHECK(rounds++ < 5);
        kept = ram_alloc_kept_bytes();
        test_fragments();
        CHECK(accounted_bytes() == before);
    } while (ram_alloc_kept_bytes() > kept);
    test_ram();
    test_large_blocks();
    test_aligned_blocks();
    test_heap();
    printf("memory: all checks hold\n");
    return EXIT_SUCCESS;
}
