#include <abi/bootinfo.h>
#include <aos/capabilities.h>
#include <aos/slot_alloc.h>
#include <mm/lock.h>

#define BITMAP_WORDS (L2_CNODE_SLOTS / 64)

/*
 * One bit a slot of each L2CNode of ours, set while the slot is free. An L1 slot is `taken` while a CNode
 * stands in it, ours or one that cnode_create_l2() made for somebody else. Used with the memory lock held,
 * which is taken again when a CNode is made for more slots.
 */
static struct {
    uint64_t free[ROOTCN_SLOTS][BITMAP_WORDS];
    bool taken[ROOTCN_SLOTS];
    bool ours[ROOTCN_SLOTS];
    cslot_t hint; ///< L1 slot of the CNode that the last slot came from or went to.
} space = {.hint = ROOTCN_FREE};

cslot_t slot_alloc_l1(void)
{
    cslot_t found = 0;
    memory_lock();
    for (cslot_t l1_slot = ROOTCN_FREE; l1_slot < ROOTCN_SLOTS; l1_slot++) {
        if (!space.taken[l1_slot]) {
            space.taken[l1_slot] = true;
            found = l1_slot;
            break;
        }
    }
    memory_unlock();
    return found;
}

void slot_free_l1(cslot_t l1_slot)
{
    space.taken[l1_slot] = false;
}

static errval_t grow(void)
{
    struct capref dest;
    struct cnoderef cnode;
    errval_t err = cnode_create_l2(&dest, &cnode);
    if (err_is_fail(err)) {
        return err;
    }
    cslot_t l1_slot = dest.slot;
    space.ours[l1_slot] = true;
    space.hint = l1_slot;
    for (unsigned i = 0; i < BITMAP_WORDS; i++) {
        space.free[l1_slot][i] = UINT64_MAX;
    }
    return SYS_ERR_OK;
}

static bool take_one(cslot_t l1_slot, struct capref *ret)
{
    uint64_t *free = space.free[l1_slot];
    for (unsigned i = 0; i < BITMAP_WORDS; i++) {
        if (free[i]) {
            unsigned bit = (unsigned)__builtin_ctzl(free[i]);
            free[i] &= free[i] - 1;
            *ret = capref_make(TASKCN_SLOT_ROOTCN, l1_slot, i * 64 + bit);
            space.hint = l1_slot;
            return true;
        }
    }
    return false;
}

/// slot_alloc() with the memory lock held.
static errval_t find_one(struct capref *ret)
{
    if (take_one(space.hint, ret)) {
        return SYS_ERR_OK;
    }
    for (cslot_t l1_slot = ROOTCN_FREE; l1_slot < ROOTCN_SLOTS; l1_slot++) {
        if (space.ours[l1_slot] && take_one(l1_slot, ret)) {
            return SYS_ERR_OK;
        }
    }
    errval_t err = grow();
    if (err_is_fail(err)) {
        return err;
    }
    take_one(space.hint, ret);
    return SYS_ERR_OK;
}

errval_t slot_alloc(struct capref *ret)
{
    memory_lock();
    errval_t err = find_one(ret);
    memory_unlock();
    return err;
}

static bool is_free(cslot_t l1_slot, cslot_t slot)
{
    return space.free[l1_slot][slot / 64] >> slot % 64 & 1;
}

static bool take_range(cslot_t l1_slot, size_t count, struct capref *ret)
{
    size_t run = 0;
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++) {
        run = is_free(l1_slot, slot) ? run + 1 : 0;
        if (run == count) {
            cslot_t first = slot + 1 - (cslot_t)count;
            for (cslot_t i = first; i <= slot; i++) {
                space.free[l1_slot][i / 64] &= ~(1UL << i % 64);
            }
            *ret = capref_make(TASKCN_SLOT_ROOTCN, l1_slot, first);
            return true;
        }
    }
    return false;
}

/// slot_alloc_range() with the memory lock held.
static errval_t find_range(struct capref *ret, size_t count)
{
    for (cslot_t l1_slot = ROOTCN_FREE; l1_slot < ROOTCN_SLOTS; l1_slot++) {
        if (space.ours[l1_slot] && take_range(l1_slot, count, ret)) {
            return SYS_ERR_OK;
        }
    }
    errval_t err = grow();
    if (err_is_fail(err)) {
        return err;
    }
    take_range(space.hint, count, ret);
    return SYS_ERR_OK;
}

errval_t slot_alloc_range(struct capref *ret, size_t count)
{
    if (count == 0 || count > L2_CNODE_SLOTS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    memory_lock();
    errval_t err = find_range(ret, count);
    memory_unlock();
    return err;
}

errval_t slot_free(struct capref cap)
{
    cslot_t l1_slot = cap.cnode.cnode >> L2_CNODE_BITS;
    if (cap.cnode.croot != TASKCN_SLOT_ROOTCN || cap.cnode.level != CNODE_TYPE_OTHER
        || l1_slot >= ROOTCN_SLOTS || cap.slot >= L2_CNODE_SLOTS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    memory_lock();
    bool used = space.ours[l1_slot] && !is_free(l1_slot, cap.slot);
    if (used) {
        space.free[l1_slot][cap.slot / 64] |= 1UL << cap.slot % 64;
        space.hint = l1_slot;
    }
    memory_unlock();
    return used ? SYS_ERR_OK : SYS_ERR_INVALID_ARGUMENT;
}
