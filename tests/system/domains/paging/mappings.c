#include "paging.h"

static struct capref aligned_frame(size_t bytes, size_t alignment)
{
    struct capref frame;
    CHECK_OK(slot_alloc(&frame));
    CHECK_OK(ram_alloc_object(frame, ObjType_Frame, bytes, alignment));
    return frame;
}

/// Each place of the memory has its own number in it, whatever pages it is mapped with.
static void write_numbers(char *window, size_t bytes, size_t step)
{
    for (size_t at = 0; at < bytes; at += step) {
        *(volatile uint64_t *)(window + at) = at + 1;
    }
}

static bool has_number(const char *window, size_t at, size_t number)
{
    return *(const volatile uint64_t *)(window + at) == number + 1;
}

/// A large frame, and a little more than its alignment: pages of all sizes in one mapping. Then one small
/// page out of the middle of a large one.
static void test_sizes(struct paging_state *st, size_t alignment, size_t hole)
{
    const size_t step = LARGE_PAGE_SIZE / 2 + BASE_PAGE_SIZE;
    const size_t bytes = alignment + 2 * LARGE_PAGE_SIZE + 3 * BASE_PAGE_SIZE;
    struct capref frame = aligned_frame(bytes, alignment);
    char *window, *other;
    gensize_t kept = ram_alloc_kept_bytes();
    CHECK_OK(paging_map_frame(st, (void **)&window, bytes, frame));
    CHECK((lvaddr_t)window % alignment == 0);
    // Not the page tables that small pages would take.
    CHECK(ram_alloc_kept_bytes() - kept < 0x20000);
    write_numbers(window, bytes, step);
    CHECK_OK(paging_map_frame_attr(st, (void **)&other, bytes, frame, VREGION_FLAGS_READ));
    for (size_t at = 0; at < bytes; at += step) {
        CHECK(has_number(window, at, at) && has_number(other, at, at));
    }
    CHECK(!can_write(other + bytes / 2) && can_read(other + bytes - 1));
    CHECK(!can_read(other + bytes) && !can_read(other - 1));
    CHECK_OK(paging_unmap(st, other));

    CHECK_OK(paging_unmap_range(st, window + hole, BASE_PAGE_SIZE));
    CHECK(!can_read(window + hole) && can_read(window + hole - 1)
          && can_read(window + hole + BASE_PAGE_SIZE));
    for (size_t at = 0; at < bytes; at += step) {
        CHECK(at - hole < BASE_PAGE_SIZE || has_number(window, at, at));
    }
    CHECK_OK(paging_unmap(st, window));
    CHECK(!can_read(window));
    CHECK_OK(paging_unmap(st, window + hole + BASE_PAGE_SIZE));
    CHECK_OK(ram_free(frame));
}

/// Parts of one mapping go, in any order, and what is asked of it twice is refused.
static void test_parts(struct paging_state *st)
{
    const size_t pages = 1100; // over three page tables
    struct capref frame = aligned_frame(pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    const lvaddr_t base = (1UL << 46) + 5 * HUGE_PAGE_SIZE - 300 * BASE_PAGE_SIZE;
    char *window = (char *)base;
    CHECK_OK(paging_map_fixed(st, base, frame, pages * BASE_PAGE_SIZE));
    write_numbers(window, pages * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    static const struct {
        size_t first, count;
    } parts[] = {{290, 20}, {0, 1}, {1099, 1}, {600, 300}, {310, 290}};
    for (unsigned i = 0; i < ARRAY_LENGTH(parts); i++) {
        char *part = window + parts[i].first * BASE_PAGE_SIZE;
        size_t bytes = parts[i].count * BASE_PAGE_SIZE;
        CHECK_OK(paging_unmap_range(st, part, bytes));
        CHECK_ERR(paging_unmap_range(st, part, bytes), LIB_ERR_PAGING_NOT_MAPPED);
        CHECK(!can_read(part) && !can_read(part + bytes - 1));
    }
    for (size_t page = 0; page < pages; page++) {
        bool gone = false;
        for (unsigned i = 0; i < ARRAY_LENGTH(parts); i++) {
            gone |= page - parts[i].first < parts[i].count;
        }
        CHECK(gone || has_number(window, page * BASE_PAGE_SIZE, page * BASE_PAGE_SIZE));
    }
    CHECK_ERR(paging_unmap_range(st, window + BASE_PAGE_SIZE, 300 * BASE_PAGE_SIZE),
              LIB_ERR_PAGING_NOT_MAPPED);
    CHECK_ERR(paging_unmap_range(st, window + 1, BASE_PAGE_SIZE), SYS_ERR_INVALID_ARGUMENT);
    CHECK_OK(paging_unmap(st, window + BASE_PAGE_SIZE));
    CHECK_OK(paging_unmap(st, window + 900 * BASE_PAGE_SIZE));
    CHECK_OK(ram_free(frame));
}

static void test_protection(struct paging_state *st)
{
    struct capref frame = aligned_frame(8 * BASE_PAGE_SIZE, BASE_PAGE_SIZE), read_only;
    char *window, *other;
    CHECK_OK(paging_map_frame(st, (void **)&window, 8 * BASE_PAGE_SIZE, frame));
    window[3 * BASE_PAGE_SIZE] = 3;
    CHECK_OK(paging_protect(st, window + 3 * BASE_PAGE_SIZE, 2 * BASE_PAGE_SIZE, VREGION_FLAGS_READ));
    CHECK(can_read(window + 3 * BASE_PAGE_SIZE) && !can_write(window + 3 * BASE_PAGE_SIZE));
    CHECK(!can_write(window + 4 * BASE_PAGE_SIZE) && can_write(window + 5 * BASE_PAGE_SIZE));
    CHECK(can_write(window + 2 * BASE_PAGE_SIZE) && window[3 * BASE_PAGE_SIZE] == 3);
    CHECK_OK(paging_protect(st, window, 8 * BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE));
    CHECK(can_write(window + 3 * BASE_PAGE_SIZE) && can_write(window + 4 * BASE_PAGE_SIZE));
    CHECK_ERR(paging_protect(st, window, BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE),
              SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(paging_protect(st, window + 8 * BASE_PAGE_SIZE, BASE_PAGE_SIZE, VREGION_FLAGS_READ),
              LIB_ERR_PAGING_NOT_MAPPED);
    // No more than the capability allows.
    CHECK_OK(slot_alloc(&read_only));
    CHECK_OK(cap_mint(read_only, frame, CAPRIGHTS_READ, 0));
    CHECK_OK(paging_map_frame_attr(st, (void **)&other, BASE_PAGE_SIZE, read_only, VREGION_FLAGS_READ));
    CHECK_ERR(paging_protect(st, other, BASE_PAGE_SIZE, VREGION_FLAGS_READ_WRITE), SYS_ERR_RIGHTS);
    CHECK(!can_write(other));
    CHECK_OK(paging_unmap(st, other));
    CHECK_OK(cap_destroy(read_only));
    CHECK_OK(paging_unmap(st, window));
    CHECK_OK(ram_free(frame));
}

/// What is in use is refused, at both ends of a mapping and in its middle, and the first page always.
static void test_overlaps(struct paging_state *st)
{
    struct capref frame = aligned_frame(4 * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    const lvaddr_t base = (1UL << 46) + 9 * HUGE_PAGE_SIZE;
    struct paging_region region;
    CHECK_OK(paging_map_fixed(st, base, frame, 4 * BASE_PAGE_SIZE));
    for (int page = -3; page <= 3; page++) {
        CHECK_ERR(paging_map_fixed(st, base + (lvaddr_t)(page * (long)BASE_PAGE_SIZE), frame,
                                   4 * BASE_PAGE_SIZE),
                  LIB_ERR_PAGING_OVERLAP);
    }
    CHECK_ERR(paging_region_init_fixed(st, &region, base - BASE_PAGE_SIZE, HUGE_PAGE_SIZE,
                                       VREGION_FLAGS_READ),
              LIB_ERR_PAGING_OVERLAP);
    CHECK_OK(paging_map_fixed(st, base + 4 * BASE_PAGE_SIZE, frame, 4 * BASE_PAGE_SIZE));
    CHECK_OK(paging_unmap(st, (void *)base));
    CHECK_OK(paging_unmap(st, (void *)(base + 4 * BASE_PAGE_SIZE)));
    CHECK_ERR(paging_map_fixed(st, 0, frame, BASE_PAGE_SIZE), SYS_ERR_INVALID_ARGUMENT);
    CHECK_ERR(paging_map_fixed(st, base + 1, frame, BASE_PAGE_SIZE), SYS_ERR_INVALID_ARGUMENT);
    CHECK(!can_read(NULL) && !can_write(NULL));
    CHECK_OK(ram_free(frame));
}

/// A frame that is mapped goes: so does what is mapped of it, and the addresses can be given back.
static void test_frame_goes_first(struct paging_state *st)
{
    struct capref frame = aligned_frame(4 * BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    char *window;
    CHECK_OK(paging_map_frame(st, (void **)&window, 4 * BASE_PAGE_SIZE, frame));
    window[0] = 1;
    CHECK_OK(ram_free(frame));
    CHECK(!can_read(window));
    CHECK_OK(paging_unmap(st, window));
}

void test_mappings(void)
{
    struct paging_state *st = get_current_paging_state();
    if (ram_alloc_free_bytes() >= RAM_FOR_HUGE) {
        test_sizes(st, HUGE_PAGE_SIZE, HUGE_PAGE_SIZE / 2 + 5 * BASE_PAGE_SIZE);
    }
    test_sizes(st, LARGE_PAGE_SIZE, LARGE_PAGE_SIZE + 5 * BASE_PAGE_SIZE);
    test_parts(st);
    test_protection(st);
    test_overlaps(st);
    test_frame_goes_first(st);
}
