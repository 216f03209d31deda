#include <abi/bootinfo.h>
#include <aos/capabilities.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <paging/arena.h>
#include <section/section.h>

#define BITMAP_WORDS   (L2_CNODE_SLOTS / 64)
#define BLOCK_CNODES   256 ///< L1 slots that are kept track of together.
#define BLOCKS         16  ///< A root CNode has 4096 slots at most.
#define RANGE_ATTEMPTS 8   ///< CNodes that are searched for consecutive slots before another one is made.

/*
 * Slots that refills take at most: RAM's 6, for two pages and a page table of the arena, the slots' own 10,
 * for three pages, a page table and a root; and the address space's 45, for slots to keep, six page tables
 * and four pages.
 */
#define BASE    16
#define RESERVE (BASE + 45)

/// What is known of one L1 slot.
struct cnode {
    uint64_t free[BITMAP_WORDS]; ///< One bit a slot, set while it is free.
    uint32_t next;               ///< L1 slot of the next CNode with free slots, 0 for none.
    uint16_t free_count;
    bool taken; ///< A CNode stands there, ours or one that was made for somebody else.
    bool ours;
};

static errval_t grow(void);
static bool slots_ready(enum section_need need);

static struct section *const needs[] = {&ram_section, &slot_section, NULL};
struct section slot_section = {
    .name = "slots",
    .ready = slots_ready,
    .refill = grow,
    .needs = needs,
    .group = &base_group,
};

/*
 * Used inside the section. All CNodes of ours that have free slots stand in a list; its first is where slots
 * come from and go to.
 */
static struct cnode first_block[BLOCK_CNODES];
static struct {
    struct cnode *blocks[BLOCKS];
    uint32_t first;      ///< L1 slot of the first CNode in the list.
    uint32_t free_count; ///< Of all slots.
    uint32_t cnodes;     ///< Of ours.
    cslot_t l1_slots;    ///< Of the root CNode.
    cslot_t l1_hint;     ///< No L1 slot below it is free.
} space = {.blocks = {first_block}, .l1_slots = ROOTCN_SLOTS, .l1_hint = ROOTCN_FREE};

static struct cnode *cnode_at(cslot_t l1_slot)
{
    return &space.blocks[l1_slot / BLOCK_CNODES][l1_slot % BLOCK_CNODES];
}

static bool slots_ready(enum section_need need)
{
    static const uint32_t slots[] = {
        [SECTION_NEED_ONE] = 1,
        [SECTION_NEED_BASE] = BASE,
        [SECTION_NEED_RESERVE] = RESERVE + 1,
    };
    return space.free_count >= slots[need];
}

/// Inside the section. \return 0 if there is none
static cslot_t take_l1(void)
{
    for (cslot_t l1_slot = space.l1_hint; l1_slot < space.l1_slots; l1_slot++) {
        if (!cnode_at(l1_slot)->taken) {
            cnode_at(l1_slot)->taken = true;
            space.l1_hint = l1_slot + 1;
            return l1_slot;
        }
    }
    space.l1_hint = space.l1_slots;
    return 0;
}

/// Makes room for as many L1 slots in the root CNode.
static errval_t enlarge_root(cslot_t slots)
{
    struct capref spare;
    errval_t err = slot_alloc(&spare);
    if (err_is_ok(err)) {
        err = cspace_resize(slots, spare);
        slot_free(spare);
    }
    return err;
}

/// Another block of L1 slots: what it takes is bounded, however many there are. Refilling; outside the
/// section.
static errval_t grow_root(void)
{
    struct section_visit visit;
    const unsigned block = space.l1_slots / BLOCK_CNODES;
    const cslot_t slots = space.l1_slots + BLOCK_CNODES;
    errval_t err = SYS_ERR_OK;
    if (block == BLOCKS) {
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    }
    if (!space.blocks[block]) {
        err = arena_alloc(BLOCK_CNODES * sizeof(struct cnode), (void **)&space.blocks[block]);
    }
    if (err_is_ok(err) && slots > cspace_l1_slots()) {
        err = enlarge_root(slots);
    }
    if (err_is_ok(err)) {
        section_enter_to_free(&slot_section, &visit);
        space.l1_slots = slots;
        section_leave(&slot_section, &visit);
    }
    return err;
}

cslot_t slot_alloc_l1(void)
{
    struct section_visit visit;
    section_enter_to_free(&slot_section, &visit);
    cslot_t found = take_l1();
    section_leave(&slot_section, &visit);
    return found;
}

void slot_free_l1(cslot_t l1_slot)
{
    struct section_visit visit;
    section_enter_to_free(&slot_section, &visit);
    cnode_at(l1_slot)->taken = false;
    if (l1_slot < space.l1_hint) {
        space.l1_hint = l1_slot;
    }
    section_leave(&slot_section, &visit);
}

/// Another CNode. Refilling; outside the section.
static errval_t grow(void)
{
    struct section_visit visit;
    struct capref dest;
    struct cnoderef cnoderef;
    errval_t err = cnode_create_l2(&dest, &cnoderef);
    if (err_no(err_pop(err)) == LIB_ERR_SLOT_ALLOC_NO_SPACE) {
        err = grow_root();
        if (err_is_ok(err)) {
            err = cnode_create_l2(&dest, &cnoderef);
        }
    }
    if (err_is_fail(err)) {
        return err;
    }
    struct cnode *cnode = cnode_at(dest.slot);
    section_enter_to_free(&slot_section, &visit);
    for (unsigned i = 0; i < BITMAP_WORDS; i++) {
        cnode->free[i] = UINT64_MAX;
    }
    cnode->ours = true;
    cnode->free_count = L2_CNODE_SLOTS;
    cnode->next = space.first;
    space.first = dest.slot;
    space.free_count += L2_CNODE_SLOTS;
    space.cnodes++;
    section_leave(&slot_section, &visit);
    return SYS_ERR_OK;
}

void slot_alloc_init(void)
{
    (void)section_refill(&slot_section); // Without memory there are no slots, and whoever wants one is told.
}

size_t slot_alloc_used(void)
{
    return (size_t)space.cnodes * L2_CNODE_SLOTS - space.free_count;
}

size_t slot_alloc_bytes(void)
{
    struct section_visit visit;
    section_enter_to_free(&slot_section, &visit);
    size_t bytes = space.cnodes * OBJSIZE_L2CNode;
    if (space.l1_slots > ROOTCN_SLOTS) {
        bytes += space.l1_slots * CNODE_SLOT_BYTES;
    }
    section_leave(&slot_section, &visit);
    return bytes;
}

/// Slots of a CNode have been taken; one that is full leaves the list, whose first it is or which `before`
/// names.
static void note_taken(struct cnode *cnode, struct cnode *before, unsigned count)
{
    cnode->free_count -= count;
    space.free_count -= count;
    if (cnode->free_count > 0) {
        return;
    }
    if (before) {
        before->next = cnode->next;
    } else {
        space.first = cnode->next;
    }
}

/// From the first CNode, which has one. Inside the section.
static inline struct capref take_first(void)
{
    cslot_t l1_slot = space.first;
    struct cnode *cnode = cnode_at(l1_slot);
    unsigned word = 0;
    while (!cnode->free[word]) {
        word++;
    }
    unsigned bit = (unsigned)__builtin_ctzl(cnode->free[word]);
    cnode->free[word] &= cnode->free[word] - 1;
    note_taken(cnode, NULL, 1);
    return capref_make(TASKCN_SLOT_ROOTCN, l1_slot, word * 64 + bit);
}

errval_t slot_alloc(struct capref *ret)
{
    struct section_visit visit;
    errval_t err = section_enter(&slot_section, &visit);
    if (err_is_fail(err)) {
        return err;
    }
    struct capref slot = take_first();
    section_leave(&slot_section, &visit);
    *ret = slot;
    return SYS_ERR_OK;
}

errval_t slot_alloc_several(struct capref *slots, size_t count, size_t *found)
{
    struct section_visit visit;
    errval_t err = section_enter(&slot_section, &visit);
    *found = 0;
    if (err_is_fail(err)) {
        return err;
    }
    do {
        slots[(*found)++] = take_first();
    } while (*found < count && space.first);
    section_leave(&slot_section, &visit);
    return SYS_ERR_OK;
}

/// Looks at a run of bits at a time. \return the first of `count` consecutive free slots, or L2_CNODE_SLOTS
static cslot_t find_run(const struct cnode *cnode, size_t count)
{
    size_t run = 0;
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS;) {
        const cslot_t left = 64 - slot % 64;
        const uint64_t word = cnode->free[slot / 64] >> slot % 64;
        if (word & 1) {
            const cslot_t ones = ~word ? (cslot_t)__builtin_ctzl(~word) : left;
            run += ones;
            slot += ones;
        } else {
            slot += word ? (cslot_t)__builtin_ctzl(word) : left;
            run = 0;
        }
        if (run >= count) {
            return slot - (cslot_t)run;
        }
    }
    return L2_CNODE_SLOTS;
}

/// The bits of one word that stand for slots of a range.
static uint64_t bits_of(unsigned word, cslot_t first, size_t count)
{
    const size_t begin = first > word * 64 ? first - word * 64 : 0;
    const size_t end = first + count < word * 64 + 64 ? first + count - word * 64 : 64;
    return (UINT64_MAX >> (64 - (end - begin))) << begin;
}

static unsigned last_word(cslot_t first, size_t count)
{
    return (unsigned)((first + count - 1) / 64);
}

/// Inside the section. \return false if none of the CNodes that are looked at has room
static bool take_range(size_t count, struct capref *ret)
{
    struct cnode *before = NULL;
    cslot_t l1_slot = space.first;
    for (unsigned i = 0; i < RANGE_ATTEMPTS && l1_slot != 0; i++) {
        struct cnode *cnode = cnode_at(l1_slot);
        cslot_t first = cnode->free_count >= count ? find_run(cnode, count) : L2_CNODE_SLOTS;
        if (first < L2_CNODE_SLOTS) {
            for (unsigned word = first / 64; word <= last_word(first, count); word++) {
                cnode->free[word] &= ~bits_of(word, first, count);
            }
            note_taken(cnode, before, (unsigned)count);
            *ret = capref_make(TASKCN_SLOT_ROOTCN, l1_slot, first);
            return true;
        }
        before = cnode;
        l1_slot = cnode->next;
    }
    return false;
}

errval_t slot_alloc_range(struct capref *ret, size_t count)
{
    struct section_visit visit;
    if (count == 0 || count > L2_CNODE_SLOTS) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    for (;;) {
        errval_t err = section_enter(&slot_section, &visit);
        if (err_is_fail(err)) {
            return err;
        }
        // The reserve stays, also when many are taken at once.
        bool found = space.free_count >= count + RESERVE && take_range(count, ret);
        section_leave(&slot_section, &visit);
        if (found) {
            return SYS_ERR_OK;
        }
        err = section_refill(&slot_section);
        if (err_is_fail(err)) {
            return err;
        }
    }
}

/// A reference to `count` slots of one of our CNodes. \return NULL if it is anything else
static struct cnode *own_cnode(struct capref first, size_t count)
{
    cslot_t l1_slot = first.cnode.cnode >> L2_CNODE_BITS;
    if (first.cnode.croot != TASKCN_SLOT_ROOTCN || first.cnode.level != CNODE_TYPE_OTHER
        || l1_slot >= space.l1_slots || first.slot >= L2_CNODE_SLOTS || count > L2_CNODE_SLOTS - first.slot) {
        return NULL;
    }
    return cnode_at(l1_slot);
}

errval_t slot_free_range(struct capref first, size_t count)
{
    struct section_visit visit;
    struct cnode *cnode = own_cnode(first, count);
    if (!cnode || count == 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    section_enter_to_free(&slot_section, &visit);
    bool used = cnode->ours;
    const unsigned last = last_word(first.slot, count);
    for (unsigned word = first.slot / 64; word <= last && used; word++) {
        used = !(cnode->free[word] & bits_of(word, first.slot, count));
    }
    if (used) {
        for (unsigned word = first.slot / 64; word <= last; word++) {
            cnode->free[word] |= bits_of(word, first.slot, count);
        }
        if (cnode->free_count == 0) {
            cnode->next = space.first;
            space.first = first.cnode.cnode >> L2_CNODE_BITS;
        }
        cnode->free_count += (uint16_t)count;
        space.free_count += (uint32_t)count;
    }
    section_leave(&slot_section, &visit);
    return used ? SYS_ERR_OK : SYS_ERR_INVALID_ARGUMENT;
}

errval_t slot_free(struct capref cap)
{
    return slot_free_range(cap, 1);
}
