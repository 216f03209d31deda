#define MEM_FAKE_REAL_MALLOC
#include "mem_fake.h"
#include "check.h"
#include <abi/captypes.h>
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/ram.h>
#include <cap/recall.h>
#include <services/mem/home.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096

struct slot {
    bool used, full, is_region;
    genpaddr_t base;
    gensize_t bytes;
    unsigned rights;
    unsigned steps_done; ///< Of a revoke.
};

struct mem_fake mem_fake;
static struct slot slots[SLOTS];
static bool taken[MEM_FAKE_PAGES];
static gensize_t free_bytes;

static bool fails(void)
{
    return mem_fake.fail_in > 0 && --mem_fake.fail_in == 0;
}

static struct slot *at(struct capref cap)
{
    assert_true(cap.slot > 0 && cap.slot < SLOTS && slots[cap.slot].used);
    return &slots[cap.slot];
}

static struct capref ref(unsigned slot)
{
    return (struct capref){.slot = slot};
}

/// Slot 0 has the capability of all memory.
void mem_fake_reset(void)
{
    memset(slots, 0, sizeof(slots));
    memset(taken, 0, sizeof(taken));
    free_bytes = MEM_FAKE_PAGES * BASE_PAGE_SIZE;
    mem_fake = (struct mem_fake){0};
}

gensize_t mem_fake_free_bytes(void)
{
    return free_bytes;
}

unsigned mem_fake_look(struct capref cap, genpaddr_t *base, gensize_t *bytes)
{
    const struct slot *slot = at(cap);
    assert_true(slot->full);
    *base = slot->base;
    *bytes = slot->bytes;
    return slot->rights;
}

static bool overlaps(const struct slot *slot, genpaddr_t base, gensize_t bytes)
{
    return slot->full && slot->base < base + bytes && base < slot->base + slot->bytes;
}

bool mem_fake_has_caps(genpaddr_t base, gensize_t bytes)
{
    for (unsigned i = 1; i < SLOTS; i++) {
        if (overlaps(&slots[i], base, bytes)) {
            return true;
        }
    }
    return false;
}

/// The client's slots are not counted, and are empty when it is revoked.
void mem_fake_give(struct capref cap)
{
    for (unsigned i = SLOTS - 1; i > 0; i--) {
        if (!slots[i].used) {
            slots[i] = *at(cap);
            slots[i].used = false;
            at(cap)->full = false;
            slot_free(cap);
            return;
        }
    }
    fail_msg("the fake has too few slots");
}

void *mem_fake_malloc(size_t bytes)
{
    return fails() ? NULL : malloc(bytes);
}

errval_t slot_alloc_range(struct capref *ret, size_t count)
{
    size_t run = 0;
    if (fails()) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    for (unsigned i = 1; i < SLOTS; i++) {
        run = slots[i].used || slots[i].full ? 0 : run + 1;
        if (run == count) {
            *ret = ref(i + 1 - (unsigned)count);
            for (unsigned j = ret->slot; j <= i; j++) {
                slots[j] = (struct slot){.used = true};
            }
            mem_fake.slots_used += (unsigned)count;
            return SYS_ERR_OK;
        }
    }
    fail_msg("the fake has too few slots");
    return LIB_ERR_SLOT_ALLOC_NO_SPACE;
}

errval_t slot_alloc(struct capref *ret)
{
    return slot_alloc_range(ret, 1);
}

errval_t slot_free_range(struct capref first, size_t count)
{
    for (; count > 0; count--, first.slot++) {
        assert_false(at(first)->full);
        at(first)->used = false;
        mem_fake.slots_used--;
    }
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref cap)
{
    return slot_free_range(cap, 1);
}

static bool is_free(size_t page, size_t pages)
{
    return page + pages <= MEM_FAKE_PAGES && !memchr(&taken[page], 1, pages);
}

static void set_taken(genpaddr_t base, gensize_t bytes, bool value)
{
    const size_t page = (base - MEM_FAKE_BASE) / BASE_PAGE_SIZE, pages = bytes / BASE_PAGE_SIZE;
    for (size_t i = page; i < page + pages; i++) {
        assert_true(i < MEM_FAKE_PAGES && taken[i] != value);
        taken[i] = value;
    }
    free_bytes += value ? -bytes : bytes;
}

errval_t ram_take(gensize_t bytes, gensize_t alignment, struct ram_range *ret)
{
    assert_true(bytes > 0 && bytes % BASE_PAGE_SIZE == 0 && alignment % BASE_PAGE_SIZE == 0);
    const bool refused = fails();
    for (size_t page = 0; !refused && page < MEM_FAKE_PAGES; page++) {
        const genpaddr_t base = MEM_FAKE_BASE + page * BASE_PAGE_SIZE;
        if (base % alignment == 0 && is_free(page, bytes / BASE_PAGE_SIZE)) {
            *ret = (struct ram_range){.base = base, .bytes = bytes, .offset = base - MEM_FAKE_BASE};
            set_taken(base, bytes, true);
            return SYS_ERR_OK;
        }
    }
    return MM_ERR_OUT_OF_MEMORY;
}

errval_t ram_free_region(genpaddr_t base, gensize_t bytes)
{
    assert_false(mem_fake_has_caps(base, bytes));
    set_taken(base, bytes, false);
    return SYS_ERR_OK;
}

errval_t cap_retype(struct capref dest, struct capref src, gensize_t offset, enum objtype new_type,
                    gensize_t objsize, size_t count)
{
    assert_true(src.slot == 0 && new_type == ObjType_RAM);
    if (fails()) {
        return err_push(SYS_ERR_REVOKE_FIRST, LIB_ERR_CAP_RETYPE);
    }
    for (size_t i = 0; i < count; i++, dest.slot++) {
        const genpaddr_t base = MEM_FAKE_BASE + offset + i * objsize;
        assert_false(at(dest)->full || mem_fake_has_caps(base, objsize));
        *at(dest) = (struct slot){
            .used = true, .full = true, .base = base, .bytes = objsize, .rights = CAPRIGHTS_ALL};
    }
    return SYS_ERR_OK;
}

errval_t ram_alloc_aligned(struct capref *ret, size_t bytes, size_t alignment)
{
    struct ram_range range;
    errval_t err = slot_alloc(ret);
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_RAM_ALLOC);
    }
    err = ram_take(bytes, alignment, &range);
    if (err_is_ok(err)) {
        err = cap_retype(*ret, ref(0), range.offset, ObjType_RAM, bytes, 1);
        if (err_is_fail(err)) {
            ram_free_region(range.base, bytes);
        }
    }
    if (err_is_fail(err)) {
        slot_free(*ret);
        return err_push(err, LIB_ERR_RAM_ALLOC);
    }
    return SYS_ERR_OK;
}

errval_t ram_free(struct capref cap)
{
    const struct slot was = *at(cap);
    assert_true(was.full && was.rights & CAPRIGHTS_CONTROL);
    at(cap)->full = false;
    slot_free(cap);
    return ram_free_region(was.base, was.bytes); // nobody else has any of it
}

gensize_t ram_alloc_free_bytes(void)
{
    return free_bytes;
}

gensize_t ram_alloc_kept_bytes(void)
{
    return 0;
}

errval_t cap_identify(struct capref cap, struct capability_info *ret)
{
    const struct slot *slot = at(cap);
    if (fails() || !slot->full) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    *ret = (struct capability_info){ObjType_RAM, slot->rights, slot->base, slot->bytes};
    return SYS_ERR_OK;
}

errval_t cap_mint(struct capref dest, struct capref src, uint64_t param1, uint64_t param2)
{
    assert_true(at(src)->full && !at(dest)->full && param2 == 0);
    if (fails()) {
        return err_push(SYS_ERR_SLOT_IN_USE, LIB_ERR_CAP_MINT);
    }
    *at(dest) = *at(src);
    at(dest)->rights &= (unsigned)param1;
    return SYS_ERR_OK;
}

errval_t cap_revoke_step(struct capref cap)
{
    struct slot *slot = at(cap);
    assert_true(slot->full && slot->rights & CAPRIGHTS_CONTROL);
    if (slot->steps_done < mem_fake.revoke_steps) {
        slot->steps_done++;
        return SYS_ERR_RESTART;
    }
    slot->steps_done = 0;
    for (unsigned i = 1; i < SLOTS; i++) {
        if (&slots[i] != slot && overlaps(&slots[i], slot->base, slot->bytes)) {
            assert_false(slots[i].used); // what the server gave away has left its slots
            slots[i].full = false;
        }
    }
    return SYS_ERR_OK;
}

gensize_t ram_alloc_borrowed_bytes(void)
{
    return 0;
}

bool recall_is_due(genpaddr_t base, gensize_t bytes)
{
    return mem_fake.exported >= base && mem_fake.exported - base < bytes;
}

errval_t recall_range(genpaddr_t base, gensize_t bytes)
{
    if (recall_is_due(base, bytes)) {
        mem_fake.exported = 0;
    }
    return SYS_ERR_OK;
}

bool home_is_used(void)
{
    return false;
}

bool home_ask(gensize_t bytes, gensize_t alignment)
{
    (void)bytes;
    (void)alignment;
    return false;
}
