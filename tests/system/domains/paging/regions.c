#include "paging.h"

#define PAGES 600 ///< More than an extent, and than a page table.

static void test_lazy_pages(struct paging_state *st)
{
    struct paging_region region;
    char *memory, *more;
    size_t bytes;
    CHECK_OK(paging_region_init(st, &region, 2 * PAGES * BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE));
    CHECK_OK(paging_region_map(&region, PAGES * BASE_PAGE_SIZE - 5, (void **)&memory, &bytes));
    CHECK(bytes == PAGES * BASE_PAGE_SIZE);
    for (size_t page = 0; page < PAGES; page += 7) {
        CHECK(memory[page * BASE_PAGE_SIZE + page] == 0);
        memory[page * BASE_PAGE_SIZE + page] = (char)(page + 1);
    }
    for (size_t page = 0; page < PAGES; page += 7) {
        CHECK(memory[page * BASE_PAGE_SIZE + page] == (char)(page + 1));
    }
    CHECK(!can_read(memory + bytes) && !can_read(memory - 1));
    CHECK_OK(paging_region_map(&region, PAGES * BASE_PAGE_SIZE, (void **)&more, NULL));
    CHECK(more == memory + bytes && can_write(more));
    CHECK_ERR(paging_region_map(&region, BASE_PAGE_SIZE, (void **)&more, NULL), LIB_ERR_PAGING_REGION_FULL);
    CHECK_ERR(paging_region_map(&region, 0, (void **)&more, NULL), SYS_ERR_INVALID_ARGUMENT);

    // Parts go back; the rest keeps what is in it.
    CHECK_OK(paging_region_unmap(&region, (lvaddr_t)memory + 70 * BASE_PAGE_SIZE, 100 * BASE_PAGE_SIZE));
    CHECK(!can_read(memory + 70 * BASE_PAGE_SIZE) && !can_read(memory + 169 * BASE_PAGE_SIZE));
    CHECK(memory[63 * BASE_PAGE_SIZE + 63] == 64 && memory[175 * BASE_PAGE_SIZE + 175] == (char)176);
    CHECK_ERR(paging_region_unmap(&region, (lvaddr_t)memory - BASE_PAGE_SIZE, BASE_PAGE_SIZE),
              SYS_ERR_INVALID_ARGUMENT);

    // Protection holds for pages that were touched, and for those that are touched later.
    CHECK_OK(paging_protect(st, memory, 20 * BASE_PAGE_SIZE, VREGION_FLAGS_READ));
    CHECK(can_read(memory + BASE_PAGE_SIZE) && !can_write(memory) && !can_write(memory + 2 * BASE_PAGE_SIZE));
    CHECK(can_write(memory + 20 * BASE_PAGE_SIZE));
    CHECK_OK(paging_protect(st, memory, 20 * BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE));
    CHECK(can_write(memory) && can_write(memory + 2 * BASE_PAGE_SIZE) && memory[7 * BASE_PAGE_SIZE + 7] == 8);
    paging_region_destroy(&region);
    CHECK(!can_read(memory));
}

/// Addresses cost nothing, and are found all over the address space.
static void test_addresses(struct paging_state *st)
{
    struct paging_region regions[4], refused;
    gensize_t before = ram_alloc_free_bytes() + ram_alloc_kept_bytes();
    for (unsigned i = 0; i < ARRAY_LENGTH(regions); i++) {
        size_t alignment = BASE_PAGE_SIZE << 8 * i;
        CHECK_OK(paging_region_init_aligned(st, &regions[i], 1UL << 45, alignment, VREGION_FLAGS_READ_WRITE));
        CHECK(regions[i].base_addr % alignment == 0);
        for (unsigned j = 0; j < i; j++) {
            CHECK(regions[i].base_addr - regions[j].base_addr >= 1UL << 45
                  || regions[j].base_addr - regions[i].base_addr >= 1UL << 45);
        }
        void *memory;
        CHECK_OK(paging_region_map(&regions[i], BASE_PAGE_SIZE, &memory, NULL));
        CHECK(can_write(memory));
    }
    CHECK_ERR(paging_region_init(st, &refused, 1UL << 47, VREGION_FLAGS_READ), LIB_ERR_PAGING_NO_SPACE);
    CHECK_ERR(paging_region_init(st, &refused, 1UL << 50, VREGION_FLAGS_READ), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(paging_region_init(st, &refused, BASE_PAGE_SIZE, 0), SYS_ERR_INVALID_ARGUMENT);
    // More than there is memory for.
    void *memory;
    CHECK_ERR(paging_region_map(&regions[0], 1UL << 40, &memory, NULL), LIB_ERR_PAGING_MAP);
    for (unsigned i = 0; i < ARRAY_LENGTH(regions); i++) {
        paging_region_destroy(&regions[i]);
    }
    CHECK(ram_alloc_free_bytes() + ram_alloc_kept_bytes() == before);
}

void test_regions(void)
{
    struct paging_state *st = get_current_paging_state();
    test_lazy_pages(st);
    test_addresses(st);
}
