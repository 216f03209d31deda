#define _GNU_SOURCE // PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP
#include "fake_caps.h"
#include "check.h"
#include <aos/capabilities.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 512

struct entry {
    enum {
        NOTHING,
        MEMORY,
        TABLE
    } what;
    uint32_t flags;
    genpaddr_t physical;
    struct table *table;
};

/// A page table.
struct table {
    unsigned level, used;
    struct entry entry[ENTRIES];
};

/// What stands in a slot. A mapping's type is that of what it maps, `mapping` set.
struct cap {
    bool taken, full, mapping;
    enum objtype type;
    unsigned rights;
    genpaddr_t base;
    gensize_t bytes;
    struct table *table;
    struct cap *partner; ///< Of a mapping what is mapped, and the other way round; or NULL.
    unsigned first, count;
    struct table *place; ///< Of a mapping.
};

struct fake_caps fake_caps;
static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct cap slots[FAKE_SLOTS];
static size_t hint;

const struct capref cap_vroot = {
    .cnode = {.croot = TASKCN_SLOT_ROOTCN, .cnode = ROOTCN_PAGE << L2_CNODE_BITS, .level = CNODE_TYPE_OTHER}};

int fake_caps_lock(void)
{
    return pthread_mutex_lock(&mutex);
}

void fake_caps_unlock(const int *locked)
{
    (void)locked;
    pthread_mutex_unlock(&mutex);
}

static struct cap *at(struct capref ref)
{
    assert_int_equal(ref.cnode.croot, TASKCN_SLOT_ROOTCN);
    assert_int_equal(ref.cnode.level, CNODE_TYPE_OTHER);
    assert_true(get_cap_addr(ref) < FAKE_SLOTS && ref.slot < L2_CNODE_SLOTS);
    struct cap *cap = &slots[get_cap_addr(ref)];
    assert_true(cap->taken);
    return cap;
}

static bool is_table(const struct cap *cap)
{
    return cap->type >= ObjType_VNode_AARCH64_l0 && cap->type <= ObjType_VNode_AARCH64_l3;
}

static void clear(struct cap *cap)
{
    if (!cap->mapping && cap->full && is_table(cap)) {
        assert_int_equal(cap->table->used, 0);
        free(cap->table);
    }
    fake_caps.caps -= cap->full;
    *cap = (struct cap){.taken = cap->taken};
}

static void fill(struct cap *cap, struct cap content)
{
    assert_false(cap->full);
    content.taken = content.full = true;
    *cap = content;
    fake_caps.caps++;
}

static void remove_mapping(struct cap *mapping)
{
    memset(&mapping->place->entry[mapping->first], 0, mapping->count * sizeof(struct entry));
    mapping->place->used -= mapping->count;
    mapping->partner->partner = NULL;
    clear(mapping);
}

void fake_caps_reset(void)
{
    for (size_t i = 0; i < FAKE_SLOTS; i++) {
        if (slots[i].full && !slots[i].mapping && is_table(&slots[i])) {
            free(slots[i].table);
        }
    }
    memset(slots, 0, sizeof(slots));
    fake_caps = (struct fake_caps){0};
    hint = ROOTCN_FREE * L2_CNODE_SLOTS;
    slots[get_cap_addr(cap_vroot)].taken = true;
    fake_make_table(cap_vroot, ObjType_VNode_AARCH64_l0);
    fake_caps.caps = 0;
}

/// \return the first of so many consecutive free slots of one CNode, or FAKE_SLOTS
static size_t find_slots(size_t count)
{
    for (size_t seen = 0, run = 0; seen < 2 * FAKE_SLOTS; seen++, hint = (hint + 1) % FAKE_SLOTS) {
        run = hint % L2_CNODE_SLOTS == 0 ? 0 : run;
        run = slots[hint].taken || hint < ROOTCN_FREE * L2_CNODE_SLOTS ? 0 : run + 1;
        if (run == count) {
            return hint + 1 - count;
        }
    }
    return FAKE_SLOTS;
}

bool fake_slots_have(size_t count)
{
    FAKE_CAPS_LOCKED;
    return find_slots(count) < FAKE_SLOTS;
}

struct capref fake_slots_take(size_t count)
{
    FAKE_CAPS_LOCKED;
    const size_t first = find_slots(count);
    assert_true(first < FAKE_SLOTS);
    for (size_t i = first; i < first + count; i++) {
        slots[i].taken = true;
    }
    fake_caps.slots_out += count;
    return capref_make(TASKCN_SLOT_ROOTCN, (cslot_t)(first / L2_CNODE_SLOTS), first % L2_CNODE_SLOTS);
}

void fake_slots_give(struct capref first, size_t count)
{
    FAKE_CAPS_LOCKED;
    for (; count > 0; count--, first.slot++) {
        struct cap *cap = at(first);
        assert_false(cap->full);
        cap->taken = false;
        fake_caps.slots_out--;
    }
}

void fake_make_memory(struct capref dest, enum objtype type, genpaddr_t base, gensize_t bytes,
                      unsigned rights)
{
    FAKE_CAPS_LOCKED;
    fill(at(dest), (struct cap){.type = type, .base = base, .bytes = bytes, .rights = rights});
}

void fake_make_table(struct capref dest, enum objtype type)
{
    FAKE_CAPS_LOCKED;
    struct table *table = calloc(1, sizeof(*table));
    assert_non_null(table);
    table->level = type - ObjType_VNode_AARCH64_l0;
    fill(at(dest), (struct cap){.type = type, .table = table, .bytes = BASE_PAGE_SIZE});
}

bool fake_table_is_free(struct capref ref)
{
    FAKE_CAPS_LOCKED;
    const struct cap *cap = at(ref);
    assert_true(cap->full && !cap->mapping && is_table(cap));
    return cap->table->used == 0 && !cap->partner;
}

bool fake_is_mapped(struct capref ref)
{
    return at(ref)->partner != NULL;
}

errval_t cap_copy(struct capref dest, struct capref src)
{
    FAKE_CAPS_LOCKED;
    struct cap copy = *at(src);
    if (!copy.full || at(dest)->full) {
        return err_push(copy.full ? SYS_ERR_SLOT_IN_USE : SYS_ERR_CAP_NOT_FOUND, LIB_ERR_CAP_COPY);
    }
    assert_int_equal(copy.type, ObjType_Frame);
    assert_false(copy.mapping);
    copy.partner = NULL;
    fill(at(dest), copy);
    return SYS_ERR_OK;
}

errval_t cap_delete(struct capref ref)
{
    FAKE_CAPS_LOCKED;
    struct cap *cap = at(ref);
    if (!cap->full) {
        return err_push(SYS_ERR_CAP_NOT_FOUND, LIB_ERR_CAP_DELETE);
    }
    if (cap->mapping) {
        remove_mapping(cap);
        return SYS_ERR_OK;
    }
    if (cap->partner) {
        remove_mapping(cap->partner);
    }
    clear(cap);
    return SYS_ERR_OK;
}

errval_t cap_identify(struct capref ref, struct capability_info *ret)
{
    FAKE_CAPS_LOCKED;
    const struct cap *cap = at(ref);
    if (!cap->full) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    *ret = (struct capability_info){cap->type, cap->rights, cap->base, cap->bytes};
    return SYS_ERR_OK;
}

bool fake_memory_is_used(genpaddr_t base, gensize_t bytes)
{
    FAKE_CAPS_LOCKED;
    for (size_t i = 0; i < FAKE_SLOTS; i++) {
        const struct cap *cap = &slots[i];
        if (cap->full && !cap->mapping && cap->type == ObjType_Frame && cap->base < base + bytes
            && base < cap->base + cap->bytes) {
            return true;
        }
    }
    return false;
}

errval_t cap_retype(struct capref dest, struct capref src, gensize_t offset, enum objtype new_type,
                    gensize_t objsize, size_t count)
{
    FAKE_CAPS_LOCKED;
    const struct cap *ram = at(src);
    errval_t err = SYS_ERR_OK;
    assert_int_equal(count, 1);
    if (!ram->full) {
        err = SYS_ERR_CAP_NOT_FOUND;
    } else if (at(dest)->full) {
        err = SYS_ERR_SLOT_IN_USE;
    } else if (fake_memory_is_used(ram->base + offset, objsize)) {
        err = SYS_ERR_REVOKE_FIRST;
    }
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_CAP_RETYPE);
    }
    assert_int_equal(ram->type, ObjType_RAM);
    assert_true(offset + objsize <= ram->bytes);
    fake_make_memory(dest, new_type, ram->base + offset, objsize, CAPRIGHTS_ALL);
    return SYS_ERR_OK;
}

static errval_t check_flags(const struct cap *cap, uint64_t flags)
{
    if (flags & ~(uint64_t)VREGION_FLAGS_MASK) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (is_table(cap)) {
        return SYS_ERR_OK;
    }
    if (!(flags & VREGION_FLAGS_READ) || (flags & VREGION_FLAGS_WRITE && flags & VREGION_FLAGS_EXECUTE)) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    return flags & ~VREGION_FLAGS_NOCACHE & ~(uint64_t)cap->rights ? SYS_ERR_RIGHTS : SYS_ERR_OK;
}

static gensize_t span(unsigned level)
{
    return 1UL << (BASE_PAGE_BITS + 9 * (3 - level));
}

static errval_t check_range(const struct table *table, const struct cap *cap, capaddr_t first, uint64_t count,
                            uint64_t offset)
{
    if (count == 0) {
        return SYS_ERR_INVALID_ARGUMENT;
    }
    if (first >= ENTRIES || count > ENTRIES - first) {
        return SYS_ERR_VNODE_ENTRY_RANGE;
    }
    const gensize_t unit = is_table(cap) ? BASE_PAGE_SIZE : span(table->level);
    if (offset > cap->bytes || count * unit > cap->bytes - offset) {
        return SYS_ERR_FRAME_RANGE;
    }
    if (!is_table(cap) && (cap->base + offset) & (unit - 1)) {
        return SYS_ERR_FRAME_ALIGNMENT;
    }
    for (size_t i = first; i < first + count; i++) {
        if (table->entry[i].what != NOTHING) {
            return SYS_ERR_VNODE_ENTRY_IN_USE;
        }
    }
    return SYS_ERR_OK;
}

static errval_t check_map(const struct cap *dest, const struct cap *cap, const struct cap *mapping,
                          uint64_t flags)
{
    if (!cap->full || !dest->full) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    assert_true(is_table(dest) && !dest->mapping && !cap->mapping);
    if (is_table(cap) ? cap->table->level != dest->table->level + 1 : dest->table->level == 0) {
        return SYS_ERR_VNODE_LEVEL;
    }
    if (mapping->full) {
        return SYS_ERR_SLOT_IN_USE;
    }
    return cap->partner ? SYS_ERR_CAP_ALREADY_MAPPED : check_flags(cap, flags);
}

errval_t vnode_map(struct capref dest, struct capref src, capaddr_t slot, uint64_t attr, uint64_t off,
                   uint64_t pte_count, struct capref mapping)
{
    FAKE_CAPS_LOCKED;
    struct cap *cap = at(src);
    errval_t err =
        fake_caps.refuse_map_in == 1 ? SYS_ERR_RIGHTS : check_map(at(dest), cap, at(mapping), attr);
    fake_caps.refuse_map_in -= fake_caps.refuse_map_in > 0;
    if (err_is_ok(err)) {
        err = check_range(at(dest)->table, cap, slot, pte_count, off);
    }
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_VNODE_MAP);
    }
    struct table *table = at(dest)->table;
    for (size_t i = 0; i < pte_count; i++) {
        table->entry[slot + i] = (struct entry){
            .what = is_table(cap) ? TABLE : MEMORY,
            .flags = (uint32_t)attr,
            .physical = cap->base + off + i * span(table->level),
            .table = cap->table,
        };
    }
    table->used += (unsigned)pte_count;
    fill(at(mapping), (struct cap){
                          .mapping = true,
                          .type = cap->type,
                          .partner = cap,
                          .place = table,
                          .first = slot,
                          .count = (unsigned)pte_count,
                      });
    cap->partner = at(mapping);
    return SYS_ERR_OK;
}

static errval_t check_mapping(struct capref vnode, struct capref ref)
{
    if (!at(ref)->full) {
        return SYS_ERR_CAP_NOT_FOUND;
    }
    return at(ref)->mapping && at(ref)->place == at(vnode)->table ? SYS_ERR_OK : SYS_ERR_NOT_A_MAPPING;
}

errval_t vnode_unmap(struct capref vnode, struct capref mapping)
{
    FAKE_CAPS_LOCKED;
    const errval_t err = check_mapping(vnode, mapping);
    if (err_is_ok(err)) {
        remove_mapping(at(mapping));
    }
    return err;
}

errval_t vnode_protect(struct capref vnode, struct capref ref, size_t first, size_t count, uint64_t attr)
{
    FAKE_CAPS_LOCKED;
    const struct cap *mapping = at(ref);
    errval_t err = check_mapping(vnode, ref);
    if (err_is_ok(err)) {
        err = check_flags(mapping->partner, attr);
    }
    if (err_is_ok(err) && (count == 0 || first >= mapping->count || count > mapping->count - first)) {
        err = SYS_ERR_VNODE_ENTRY_RANGE;
    }
    if (err_is_fail(err)) {
        return err_push(err, LIB_ERR_VNODE_PROTECT);
    }
    for (size_t i = mapping->first + first; i < mapping->first + first + count; i++) {
        struct entry *entry = &mapping->place->entry[i];
        entry->flags = (entry->flags & VREGION_FLAGS_NOCACHE) | ((uint32_t)attr & ~VREGION_FLAGS_NOCACHE);
    }
    return SYS_ERR_OK;
}

static void walk(const struct table *table, lvaddr_t base, struct runs *runs)
{
    const gensize_t bytes = span(table->level);
    for (size_t i = 0, seen = 0; seen < table->used; i++) {
        const struct entry *entry = &table->entry[i];
        seen += entry->what != NOTHING;
        if (entry->what == MEMORY) {
            runs_set(runs, base + i * bytes, bytes, entry->physical, entry->flags);
        } else if (entry->what == TABLE) {
            walk(entry->table, base + i * bytes, runs);
        }
    }
}

void fake_walk(struct capref root, struct runs *runs)
{
    runs->count = 0;
    walk(at(root)->table, 0, runs);
}
