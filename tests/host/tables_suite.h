/**
 * What the page tables of an address space must do with every value of the axis `shadow`: included by one
 * test file for each. Random requests, of which some find nothing to take or are refused, beside a flat model
 * of what is behind every address.
 */
#ifndef TEST_TABLES_SUITE_H
#define TEST_TABLES_SUITE_H

#include "tables_fixture.h"

#define SEEDS 400
#define STEPS 80

static size_t random_below(size_t limit)
{
    return (size_t)random() % limit;
}

static uint32_t random_flags(void)
{
    static const uint32_t sane[] = {
        VREGION_FLAGS_READ,
        VREGION_FLAGS_READ_WRITE,
        VREGION_FLAGS_READ_EXECUTE,
        VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_NOCACHE,
    };
    return random_below(12) == 0 ? (uint32_t)random_below(20) : sane[random_below(4)];
}

static bool frame_allows(const struct frame *frame, uint32_t flags)
{
    return !(flags & ~(uint32_t)VREGION_FLAGS_MASK) && flags & VREGION_FLAGS_READ
           && !(flags & VREGION_FLAGS_WRITE && flags & VREGION_FLAGS_EXECUTE)
           && !(flags & ~(uint32_t)VREGION_FLAGS_NOCACHE & ~frame->rights);
}

/// Rounded to any of the page sizes, so that large pages meet small ones.
static lvaddr_t random_address(void)
{
    static const gensize_t spread[] = {16 * BASE_PAGE_SIZE, 3 * LARGE_PAGE_SIZE, 4 * HUGE_PAGE_SIZE};
    static const gensize_t pages[] = {BASE_PAGE_SIZE, LARGE_PAGE_SIZE, HUGE_PAGE_SIZE};
    const lvaddr_t at = places[random_below(PLACES)];
    const gensize_t around = spread[random_below(3)];
    return ROUND_DOWN(at - around / 2 + (size_t)random() * 4096 % around, pages[random_below(3)]);
}

static bool fits(unsigned level, lvaddr_t vaddr, genpaddr_t physical, size_t bytes)
{
    const size_t page = 1UL << (BASE_PAGE_BITS + 9 * (3 - level));
    return bytes >= page && (vaddr | physical) % page == 0;
}

/// A chunk is what one gets page by page: as large ones as can be, up to the end of their table.
static void check_chunk(lvaddr_t vaddr, genpaddr_t physical, size_t bytes, const struct page_chunk *chunk)
{
    unsigned level = 1;
    while (!fits(level, vaddr, physical, bytes)) {
        level++;
    }
    const size_t page = 1UL << (BASE_PAGE_BITS + 9 * (3 - level));
    size_t done = 0;
    do {
        done += page;
    } while (fits(level, vaddr + done, physical + done, bytes - done)
             && !(level > 1 && fits(level - 1, vaddr + done, physical + done, bytes - done))
             && (vaddr + done) % (page << 9) != 0);
    assert_int_equal(chunk->level, level);
    assert_int_equal(chunk->bytes, done);
    assert_int_equal(chunk->count, done / page);
}

/// A table of the last level that is kept stands where a large page should.
static bool is_held(lvaddr_t base, size_t bytes)
{
    for (unsigned i = 0; i < HELD; i++) {
        if (test.held[i] && test.held_base[i] < base + bytes && base < test.held_base[i] + LARGE_PAGE_SIZE) {
            return true;
        }
    }
    return false;
}

/// \return true if the request failed because it was made to
static bool failed_on_purpose(errval_t err, unsigned fail_in, unsigned refuse_in)
{
    const bool on_purpose =
        err_is_fail(err)
        && ((fail_in > 0 && test.fail_in == 0) || (refuse_in > 0 && fake_caps.refuse_map_in == 0));
    test.fail_in = fake_caps.refuse_map_in = 0;
    return on_purpose;
}

static errval_t step_map(unsigned fail_in, unsigned refuse_in)
{
    const unsigned which = (unsigned)random_below(FRAMES);
    const struct frame *frame = &frames[which];
    const size_t step = random_below(2) ? BASE_PAGE_SIZE : LARGE_PAGE_SIZE;
    const gensize_t offset = ROUND_DOWN((size_t)random() * 4096 % frame->bytes, step);
    const size_t most = (frame->bytes - offset) >> random_below(18);
    const size_t bytes = ROUND_UP(most > 0 ? most : 1, BASE_PAGE_SIZE);
    const lvaddr_t at = random_address();
    const uint32_t flags = random_flags();
    const struct page_chunk chunk = page_chunk_first(at, frame->base + offset, bytes);
    check_chunk(at, frame->base + offset, bytes, &chunk);

    const errval_t err = page_tables_map(&test.tables, at, &chunk, test.frame[which], offset, flags);
    assert_true(test.slots_asked <= PAGE_OPERATION_SLOTS && test.tables_asked <= 3);
    if (failed_on_purpose(err, fail_in, refuse_in)) {
        return err;
    }
    if (runs_any(&test.model, at, chunk.bytes) || (chunk.level < 3 && is_held(at, chunk.bytes))
        || !frame_allows(frame, flags)) {
        assert_true(err_is_fail(err));
        return err;
    }
    assert_ok(err);
    runs_set(&test.model, at, chunk.bytes, frame->base + offset, flags);
    return err;
}

/// Some piece, or NULL if the range that was looked at has none.
static struct page_piece *find_piece(void)
{
    const lvaddr_t begin = random_address();
    const size_t bytes = BASE_PAGE_SIZE << random_below(21);
    struct page_piece *piece = page_tables_first_piece(&test.tables, begin, begin + bytes);
    const struct run *run = runs_any(&test.model, begin, bytes);
    assert_int_equal(piece != NULL, run != NULL);
    if (piece) {
        const lvaddr_t base = page_piece_base(piece), end = base + page_piece_bytes(piece);
        assert_true(base < begin + bytes && end > begin);
        // It is the first: nothing is in front of it, and it lies in one run.
        assert_true((base > begin ? base : begin) == (run->base > begin ? run->base : begin));
        assert_true(base >= run->base && end <= run->base + run->bytes);
        assert_int_equal(piece->flags, run->flags);
    }
    return piece;
}

static const struct frame *frame_of(const struct page_piece *piece)
{
    struct capability_info info;
    assert_ok(cap_identify(piece->frame, &info));
    for (unsigned i = 0; i < FRAMES; i++) {
        if (info.base == frames[i].base) {
            return &frames[i];
        }
    }
    fail_msg("a piece has no frame of ours");
    return NULL;
}

static errval_t step_split(struct page_piece *piece, unsigned fail_in, unsigned refuse_in)
{
    const lvaddr_t base = page_piece_base(piece);
    const size_t bytes = page_piece_bytes(piece), page = bytes / piece->item.count;
    // Inside, at either end, beyond, and now and then between two pages.
    const lvaddr_t at = base + random_below(piece->item.count + 2) * page
                        + (random_below(10) == 0 && page > BASE_PAGE_SIZE ? BASE_PAGE_SIZE : 0);
    const bool sane = at > base && at < base + bytes && (at - base) % page == 0;
    const errval_t err = page_piece_split(&test.tables, piece, at);
    assert_true(test.slots_asked <= PAGE_OPERATION_SLOTS && test.tables_asked == 0);
    if (failed_on_purpose(err, fail_in, refuse_in) || !sane) {
        assert_true(err_is_fail(err));
        assert_int_equal(page_piece_base(piece), base);
        assert_int_equal(page_piece_bytes(piece), bytes);
        return err;
    }
    assert_ok(err);
    assert_int_equal(page_piece_base(piece), base);
    assert_int_equal(page_piece_bytes(piece), at - base);
    struct page_piece *second = page_tables_first_piece(&test.tables, at, at + 1);
    assert_non_null(second);
    assert_int_equal(page_piece_base(second), at);
    assert_int_equal(page_piece_bytes(second), base + bytes - at);
    return err;
}

static errval_t step_divide(struct page_piece *piece, unsigned fail_in, unsigned refuse_in)
{
    const lvaddr_t base = page_piece_base(piece);
    const size_t bytes = page_piece_bytes(piece);
    const unsigned count = piece->item.count, level = piece->table->level;
    const errval_t err = page_piece_divide(&test.tables, piece);
    assert_int_equal(page_piece_base(piece), base);
    assert_int_equal(page_piece_bytes(piece), bytes);
    assert_ptr_equal(page_tables_first_piece(&test.tables, base, base + 1), piece);
    if (failed_on_purpose(err, fail_in, refuse_in) || count != 1 || level == 3) {
        assert_true(err_is_fail(err));
        assert_int_equal(piece->item.count, count);
        return err;
    }
    assert_ok(err);
    assert_int_equal(piece->item.count, PAGE_TABLE_ENTRIES);
    return err;
}

static errval_t step_protect(struct page_piece *piece)
{
    const uint32_t flags = random_flags();
    const bool allowed = frame_allows(frame_of(piece), flags);
    const errval_t err = page_piece_protect(piece, flags);
    assert_int_equal(err_is_ok(err), allowed);
    if (allowed) {
        runs_protect(&test.model, page_piece_base(piece), page_piece_bytes(piece), flags);
    }
    return err;
}

static void step_unmap(struct page_piece *piece)
{
    runs_clear(&test.model, page_piece_base(piece), page_piece_bytes(piece));
    page_piece_unmap(&test.tables, piece);
}

static errval_t step_hold(unsigned fail_in, unsigned refuse_in)
{
    const unsigned which = (unsigned)random_below(HELD);
    if (test.held[which]) {
        page_tables_release(&test.tables, test.held[which]);
        test.held[which] = NULL;
        return SYS_ERR_OK;
    }
    const lvaddr_t at = random_address();
    struct page_piece *piece = page_tables_first_piece(&test.tables, at, at + 1);
    const bool in_large_page = piece && piece->table->level < 3;
    const errval_t err = page_tables_hold(&test.tables, at, &test.held[which]);
    if (failed_on_purpose(err, fail_in, refuse_in) || in_large_page) {
        assert_true(err_is_fail(err));
        test.held[which] = NULL;
        return err;
    }
    assert_ok(err);
    test.held_base[which] = test.held[which]->base;
    assert_int_equal(test.held_base[which], ROUND_DOWN(at, LARGE_PAGE_SIZE));
    return err;
}

/// One request; it leaves no trace if it fails.
static void random_step(bool may_fail)
{
    // One of the two at most: what undoes a request that failed must not fail.
    const unsigned how = may_fail ? (unsigned)random_below(6) : 0;
    const unsigned fail_in = how == 1 || how == 2 ? 1 + (unsigned)random_below(10) : 0;
    const unsigned refuse_in = how == 3 ? 1 + (unsigned)random_below(4) : 0;
    const unsigned what = (unsigned)random_below(10);
    struct page_piece *piece = find_piece();
    // Half of the time no empty table is kept: one may have to go for a request that fails for another
    // reason.
    if (random_below(2) == 0) {
        page_tables_trim(&test.tables);
    }
    const struct page_table *kept = test.tables.empty;
    const struct taken before = taken_now();
    errval_t err = SYS_ERR_OK;
    test.slots_asked = test.tables_asked = 0;
    test.fail_in = fail_in;
    fake_caps.refuse_map_in = refuse_in;
    if (what < 4) {
        err = step_map(fail_in, refuse_in);
    } else if (what == 4) {
        err = step_hold(fail_in, refuse_in);
    } else if (piece && what < 7) {
        err = step_split(piece, fail_in, refuse_in);
    } else if (piece && what == 7) {
        err = step_divide(piece, fail_in, refuse_in);
    } else if (piece && what == 8) {
        err = step_protect(piece);
    } else if (piece) {
        step_unmap(piece);
    }
    test.fail_in = fake_caps.refuse_map_in = 0;
    check();
    if (err_is_fail(err) && test.tables.empty == kept) {
        assert_taken(before);
    }
}

/// Takes everything away: what is left is one root with nothing in it.
static void end(void)
{
    struct page_piece *piece;
    while ((piece = page_tables_first_piece(&test.tables, 0, 1UL << 48))) {
        step_unmap(piece);
        check();
    }
    for (unsigned i = 0; i < HELD; i++) {
        if (test.held[i]) {
            page_tables_release(&test.tables, test.held[i]);
        }
    }
    page_tables_trim(&test.tables);
    assert_int_equal(test.model.count, 0);
    assert_int_equal(test.slots, 0);
    assert_int_equal(test.page_tables, 0);
    assert_int_equal(fake_caps.caps, FRAMES);
    assert_true(fake_table_is_free(cap_vroot));
    page_tables_forget(&test.tables);
    page_tables_forget(&test.tables); // A second time is nothing.
    assert_int_equal(test.nodes, 0);
}

static void test_random_requests(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        srandom(seed);
        begin(seed % 2 != 0);
        for (unsigned step = 0; step < STEPS; step++) {
            random_step(seed % 4 >= 2);
        }
        end();
    }
}

enum operation {
    MAP,
    SPLIT,
    DIVIDE
};

/// Maps small pages, makes two pieces of large ones, or divides one large page.
static errval_t run(enum operation operation, struct page_piece *piece)
{
    const struct page_chunk chunk = page_chunk_first(places[0], frames[2].base, 4 * BASE_PAGE_SIZE);
    switch (operation) {
    case MAP:
        return page_tables_map(&test.tables, places[0], &chunk, test.frame[2], 0, VREGION_FLAGS_READ);
    case SPLIT:
        return page_piece_split(&test.tables, piece, places[1] + LARGE_PAGE_SIZE);
    default:
        return page_piece_divide(&test.tables, piece);
    }
}

/// Whatever an operation asks for fails once, from the first to the last. \return how often it failed
static unsigned fail_each(enum operation operation, bool copies, unsigned *which)
{
    const size_t bytes = operation == SPLIT ? 2 * LARGE_PAGE_SIZE : LARGE_PAGE_SIZE;
    const struct page_chunk chunk = page_chunk_first(places[1], frames[1].base, bytes);
    unsigned failures = 0;
    errval_t err;
    begin(copies);
    assert_ok(page_tables_map(&test.tables, places[1], &chunk, test.frame[1], 0, VREGION_FLAGS_READ));
    runs_set(&test.model, places[1], bytes, frames[1].base, VREGION_FLAGS_READ);
    struct page_piece *piece = page_tables_first_piece(&test.tables, places[1], places[1] + 1);
    const struct taken before = taken_now();
    do {
        *which = ++failures;
        err = run(operation, piece);
        *which = 0;
        if (err_is_fail(err)) {
            assert_taken(before);
            assert_int_equal(page_piece_bytes(piece), bytes);
            check();
        }
    } while (err_is_fail(err));
    if (operation == MAP) {
        runs_set(&test.model, places[0], 4 * BASE_PAGE_SIZE, frames[2].base, VREGION_FLAGS_READ);
    }
    check();
    end();
    return failures - 1;
}

static void test_each_request_fails_once(void **state)
{
    (void)state;
    const unsigned maps = shadow_bytes(3) ? 1 : 0; // A table's map is a node of its own, if it is one.
    for (unsigned copies = 0; copies < 2; copies++) {
        // A piece: node, slot, and slot of the copy. A table: node, table, slot.
        assert_int_equal(fail_each(MAP, copies, &test.fail_in), 2 + copies + 2 * (3 + maps));
        assert_int_equal(fail_each(SPLIT, copies, &test.fail_in), 3);
        assert_int_equal(fail_each(DIVIDE, copies, &test.fail_in), 3 + maps);
        assert_int_equal(fail_each(MAP, copies, &fake_caps.refuse_map_in), 3);
        // Of the second part its frame is mapped already: that is a mapping too many, or a copy at once.
        assert_int_equal(fail_each(SPLIT, copies, &fake_caps.refuse_map_in), copies ? 2 : 3);
        assert_int_equal(fail_each(DIVIDE, copies, &fake_caps.refuse_map_in), 2);
    }
}

/// Whoever deletes a frame takes its mappings along; the pieces stay until somebody unmaps them.
static void test_frame_is_deleted(void **state)
{
    (void)state;
    const struct page_chunk chunk = page_chunk_first(places[0], frames[2].base, 4 * BASE_PAGE_SIZE);
    begin(false);
    assert_ok(page_tables_map(&test.tables, places[0], &chunk, test.frame[2], 0, VREGION_FLAGS_READ));
    struct page_piece *piece = page_tables_first_piece(&test.tables, places[0], places[0] + 1);
    assert_non_null(piece);
    assert_ok(cap_delete(test.frame[2]));
    check(); // Nothing is there.
    const struct taken before = taken_now();
    assert_true(err_is_fail(page_piece_split(&test.tables, piece, places[0] + BASE_PAGE_SIZE)));
    assert_true(err_is_fail(page_piece_protect(piece, VREGION_FLAGS_READ)));
    assert_taken(before);
    assert_int_equal(page_piece_bytes(piece), chunk.bytes);
    page_piece_unmap(&test.tables, piece);
    check();
    fake_make_memory(test.frame[2], ObjType_Frame, frames[2].base, frames[2].bytes, frames[2].rights);
    end();
}

/// Tables are forgotten with what is in them: the nodes come back, the rest is somebody else's.
static void test_forget(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 20; seed++) {
        srandom(seed);
        begin(false);
        for (unsigned step = 0; step < STEPS; step++) {
            random_step(false);
        }
        page_tables_forget(&test.tables);
        assert_int_equal(test.nodes, 0);
        check();
        fake_caps_reset();
    }
}

static int release(void **state)
{
    (void)state;
    fake_caps_reset();
    cap_delete(cap_vroot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_requests),
        cmocka_unit_test(test_each_request_fails_once),
        cmocka_unit_test(test_frame_is_deleted),
        cmocka_unit_test(test_forget),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}

#endif
