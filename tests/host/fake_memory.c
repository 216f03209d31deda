#include "fake_memory.h"
#include "check.h"
#include "fake_caps.h"
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <paging/arena.h>
#include <section/section.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_PAGES 4096

struct fake_memory fake_memory;
static bool used[FAKE_RAM_PAGES];
static void *arena_pages[ARENA_PAGES];
static size_t arena_count;

/* The sections of RAM and slots: always ready, for what is wanting here is so at the requests themselves. */

static bool base_ready(enum section_need need)
{
    (void)need;
    return true;
}

static errval_t base_refill(void)
{
    return SYS_ERR_OK;
}

static struct section *const base_needs[] = {NULL};
struct section_group base_group;
struct section ram_section = {
    .name = "ram", .ready = base_ready, .refill = base_refill, .needs = base_needs, .group = &base_group};
struct section slot_section = {
    .name = "slots", .ready = base_ready, .refill = base_refill, .needs = base_needs, .group = &base_group};

void fake_memory_reset(void)
{
    memset(used, 0, sizeof(used));
    fake_memory = (struct fake_memory){0};
    fake_caps_reset();
}

static bool fails(void)
{
    // Nothing is asked for inside a section.
    assert_null(section_current());
    const bool fail = (unsigned)random() % 1000 < fake_memory.fail_permille;
    fake_memory.failures += fail;
    return fail;
}

/// It is really out.
static bool is_out(bool out)
{
    fake_memory.failures += out;
    return out;
}

errval_t slot_alloc_range(struct capref *ret, size_t count)
{
    FAKE_CAPS_LOCKED;
    assert_true(count > 0 && count <= L2_CNODE_SLOTS);
    if (fails() || is_out(!fake_slots_have(count))) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    *ret = fake_slots_take(count);
    return SYS_ERR_OK;
}

errval_t slot_alloc(struct capref *ret)
{
    return slot_alloc_range(ret, 1);
}

/// As one CNode may have them: a few at a time.
errval_t slot_alloc_several(struct capref *slots, size_t count, size_t *found)
{
    const size_t most = count < 3 ? count : 3;
    errval_t err = slot_alloc(&slots[0]);
    for (*found = err_is_ok(err); *found && *found < most && err_is_ok(slot_alloc(&slots[*found]));) {
        ++*found;
    }
    return err;
}

errval_t slot_free_range(struct capref first, size_t count)
{
    FAKE_CAPS_LOCKED;
    assert_null(section_current());
    fake_slots_give(first, count);
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref cap)
{
    return slot_free_range(cap, 1);
}

static bool take_pages(size_t pages, genpaddr_t *base)
{
    for (size_t i = 0, run = 0; i < FAKE_RAM_PAGES; i++) {
        run = used[i] ? 0 : run + 1;
        if (run == pages) {
            memset(&used[i + 1 - pages], true, pages);
            *base = FAKE_RAM_BASE + (i + 1 - pages) * BASE_PAGE_SIZE;
            fake_memory.ram_pages += pages;
            return true;
        }
    }
    return false;
}

errval_t ram_alloc_aligned(struct capref *ret, size_t bytes, size_t alignment)
{
    FAKE_CAPS_LOCKED;
    genpaddr_t base;
    assert_int_equal(alignment, BASE_PAGE_SIZE);
    errval_t err = slot_alloc(ret);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_RAM_ALLOC);
    }
    if (fails() || is_out(!take_pages(bytes / BASE_PAGE_SIZE, &base))) {
        slot_free(*ret);
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_RAM_ALLOC);
    }
    fake_make_memory(*ret, ObjType_RAM, base, bytes, CAPRIGHTS_ALL);
    return SYS_ERR_OK;
}

/// For page tables only.
errval_t ram_alloc_object(struct capref dest, enum objtype type, size_t bytes, size_t alignment)
{
    FAKE_CAPS_LOCKED;
    assert_true(bytes == BASE_PAGE_SIZE && alignment == BASE_PAGE_SIZE);
    if (fails()) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_RAM_ALLOC);
    }
    fake_make_table(dest, type);
    fake_memory.tables++;
    return SYS_ERR_OK;
}

errval_t ram_free(struct capref cap)
{
    FAKE_CAPS_LOCKED;
    struct capability_info info;
    assert_null(section_current());
    assert_ok(cap_identify(cap, &info));
    if (info.type == ObjType_RAM) {
        const size_t first = (info.base - FAKE_RAM_BASE) / BASE_PAGE_SIZE,
                     pages = info.bytes / BASE_PAGE_SIZE;
        assert_false(fake_memory_is_used(info.base, info.bytes));
        assert_true(used[first] && used[first + pages - 1]);
        memset(&used[first], false, pages);
        fake_memory.ram_pages -= pages;
    } else {
        assert_true(fake_table_is_free(cap));
        fake_memory.tables--;
    }
    assert_ok(cap_delete(cap));
    return slot_free(cap);
}

errval_t arena_alloc(size_t bytes, void **ret)
{
    FAKE_CAPS_LOCKED;
    assert_int_equal(bytes, BASE_PAGE_SIZE);
    assert_true(section_refilling());
    if (fails()) {
        return err_push(LIB_ERR_RAM_ALLOC_EXHAUSTED, LIB_ERR_FRAME_ALLOC);
    }
    assert_true(arena_count < ARENA_PAGES);
    *ret = arena_pages[arena_count++] = calloc(1, BASE_PAGE_SIZE);
    return SYS_ERR_OK;
}

void fake_arena_free(void)
{
    while (arena_count > 0) {
        free(arena_pages[--arena_count]);
    }
}
