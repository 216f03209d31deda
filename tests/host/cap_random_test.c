/**
 * Random sequences of every capability operation against a model that knows no tree, no links and no order of
 * checks.
 *
 * Before each operation the model says which errors may come back (none: it must succeed); after it, every
 * slot, every page table entry and the checker are compared with what the model expects.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/dispatcher.h>
#include <abi/syscall.h>
#include <cap/captable.h>
#include <cap/mdb.h>
#include <string.h>

#define SLOTS     48
#define STEPS     200
#define SEEDS     3000
#define RAM_BYTES 0x80000UL
#define NOWHERE   (-1)
#define ROOT      0 ///< The slot of all RAM, which stays so that there is always something to make objects from.

/// What the model knows of a slot.
struct model_slot {
    unsigned type;
    uint64_t base;
    uint64_t bytes;
    unsigned rights;
    uint64_t ring_offset;
    uint64_t ring_slots;
    int partner;     ///< Slot of its mapping, or of what it maps.
    uint64_t offset; ///< Mapping: from where in the frame, ...
    uint64_t flags;  ///< ... and how.
};

/// The errors that an operation may return; empty means success.
struct verdict {
    errval_t errors[16];
    unsigned count;
};

static struct cte *slots;
static struct model_slot model[SLOTS];
static lpaddr_t ram_base;
static unsigned successes[8];

static void refuse_if(struct verdict *verdict, bool condition, errval_t err)
{
    if (condition) {
        verdict->errors[verdict->count++] = err;
    }
}

/// True if the operation succeeded, as the verdict says.
static bool judge(const struct verdict *verdict, errval_t err, const char *operation)
{
    if (verdict->count == 0 && err_is_ok(err)) {
        return true;
    }
    for (unsigned i = 0; i < verdict->count; i++) {
        if (verdict->errors[i] == err) {
            return false;
        }
    }
    fail_msg("%s: %s, the model expects %s", operation, err_getcode(err),
             verdict->count ? err_getcode(verdict->errors[0]) : "success");
    return false;
}

static bool same_object(const struct model_slot *a, const struct model_slot *b)
{
    return a->type == b->type && a->base == b->base && a->bytes == b->bytes
           && a->ring_offset == b->ring_offset && a->ring_slots == b->ring_slots;
}

static bool is_last_copy(int slot)
{
    for (int i = 0; i < SLOTS; i++) {
        if (i != slot && model[i].type != ObjType_Null && same_object(&model[i], &model[slot])) {
            return false;
        }
    }
    return true;
}

static bool is_mapping(unsigned type)
{
    return captable[type].region == REGION_PTE;
}

/// Something lives in [start, end) that can have come from `source`.
static bool has_descendant_in(const struct model_slot *source, uint64_t start, uint64_t end)
{
    for (int i = 0; i < SLOTS; i++) {
        const struct model_slot *m = &model[i];
        const bool below = m->bytes < source->bytes || (m->bytes == source->bytes && m->type > source->type);
        if (m->type != ObjType_Null && captable[m->type].region == captable[source->type].region && below
            && m->base < end && m->base + m->bytes > start) {
            return true;
        }
    }
    return false;
}

static void expect_copy(int to, int from)
{
    model[to] = model[from];
    model[to].partner = NOWHERE;
}

static void check_copyable(struct verdict *v, int to, int from)
{
    refuse_if(v, model[from].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(v, is_mapping(model[from].type), SYS_ERR_CAP_NOT_COPYABLE);
    refuse_if(v, model[to].type != ObjType_Null, SYS_ERR_SLOT_IN_USE);
}

static void try_copy(int to, int from)
{
    struct verdict v = {0};
    check_copyable(&v, to, from);
    if (judge(&v, caps_copy(&slots[to], &slots[from]), "copy")) {
        successes[0]++;
        expect_copy(to, from);
    }
}

static void try_mint(struct random *random, int to, int from)
{
    struct verdict v = {0};
    check_copyable(&v, to, from);
    if (model[from].type == ObjType_EndPoint) {
        const uint64_t offset = random_below(random, 0x280) * 8;
        const uint64_t ring_slots =
            random_below(random, 4) ? 1UL << random_below(random, 12) : random_below(random, 40);
        const bool power = ring_slots != 0 && (ring_slots & (ring_slots - 1)) == 0;
        refuse_if(&v, model[from].ring_offset != 0 || offset % 16 != 0 || !power || ring_slots > 1024,
                  SYS_ERR_INVALID_MINT);
        refuse_if(&v, offset < sizeof(struct dispatcher_shared) || offset + 16 + ring_slots * 80 > 0x1000,
                  SYS_ERR_LMP_ENDPOINT_RANGE);
        if (judge(&v, caps_mint(&slots[to], &slots[from], offset, ring_slots), "mint")) {
            successes[1]++;
            expect_copy(to, from);
            model[to].ring_offset = offset;
            model[to].ring_slots = ring_slots;
        }
        return;
    }
    const uint64_t rights = random_below(random, 34);
    refuse_if(&v, rights > CAPRIGHTS_ALL, SYS_ERR_INVALID_MINT);
    refuse_if(&v, (rights & ~(uint64_t)model[from].rights) != 0, SYS_ERR_RIGHTS);
    if (judge(&v, caps_mint(&slots[to], &slots[from], rights, 0), "mint")) {
        successes[1]++;
        expect_copy(to, from);
        model[to].rights = rights;
    }
}

static void try_move(int to, int from)
{
    struct verdict v = {0};
    refuse_if(&v, model[from].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(&v, model[to].type != ObjType_Null, SYS_ERR_SLOT_IN_USE);
    if (judge(&v, caps_move(&slots[to], &slots[from]), "move")) {
        successes[2]++;
        model[to] = model[from];
        if (model[from].partner != NOWHERE) {
            model[model[from].partner].partner = to;
        }
        model[from] = (struct model_slot){.partner = NOWHERE};
    }
}

static uint64_t random_object_bytes(struct random *random, unsigned type)
{
    if (random_below(random, 16) == 0) {
        return random_below(random, 0x10000);
    }
    if (captable[type].bytes != 0) {
        return random_below(random, 2) * captable[type].bytes;
    }
    return (1 + random_below(random, random_below(random, 6) == 0 ? 40 : 4))
           * (captable[type].multiple ? captable[type].multiple : 1);
}

static bool is_clear(lpaddr_t base, gensize_t bytes)
{
    const unsigned char *memory = phys_to_virt(base);
    return memory[0] == 0 && memcmp(memory, memory + 1, bytes - 1) == 0;
}

/// What the objects of a successful retype must be; new memory is clear, and then somebody writes to it.
static void expect_objects(int to, int from, unsigned type, uint64_t bytes, unsigned count, uint64_t offset)
{
    for (unsigned i = 0; i < count; i++) {
        const bool shares = captable[type].shares_region;
        const uint64_t base = model[from].base + (shares ? 0 : offset + i * bytes);
        if (captable[type].zero && model[from].type != type) {
            assert_true(is_clear(base, bytes));
        }
        if (type == ObjType_Frame) {
            memset(phys_to_virt(base), 0x5a, bytes);
        }
        model[to + i] = (struct model_slot){
            .type = type, .base = base, .bytes = bytes, .rights = model[from].rights, .partner = NOWHERE};
    }
}

static void try_retype(struct random *random, int to, int from)
{
    static const uint8_t types[] = {ObjType_RAM,
                                    ObjType_RAM,
                                    ObjType_Frame,
                                    ObjType_Frame,
                                    ObjType_L1CNode,
                                    ObjType_L2CNode,
                                    ObjType_VNode_AARCH64_l2,
                                    ObjType_VNode_AARCH64_l3,
                                    ObjType_VNode_AARCH64_l3,
                                    ObjType_Dispatcher,
                                    ObjType_EndPoint,
                                    ObjType_IRQ,
                                    ObjType_Null};
    const unsigned type = types[random_below(random, sizeof types)];
    const struct captable_entry *entry = &captable[type];
    uint64_t bytes = random_object_bytes(random, type);
    const unsigned most = SLOTS - to < 4 ? SLOTS - to : 4;
    const unsigned count = random_below(random, 20) == 0 ? 0 : 1 + random_below(random, most);
    const struct model_slot *source = &model[from];
    uint64_t offset = source->bytes ? random_below(random, source->bytes) : 0;
    if (random_below(random, 16) != 0) {
        offset = entry->shares_region ? 0 : ROUND_DOWN(offset, entry->align);
    }

    struct verdict v = {0};
    refuse_if(&v, source->type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(&v, !objtype_is_in(source->type, entry->from), SYS_ERR_INVALID_RETYPE);
    refuse_if(&v,
              entry->bytes ? bytes && bytes != entry->bytes
                           : bytes == 0 || (entry->multiple && bytes % entry->multiple),
              SYS_ERR_INVALID_OBJECT_SIZE);
    refuse_if(&v, type == ObjType_L1CNode && bytes > L1_CNODE_MAX_BYTES, SYS_ERR_INVALID_OBJECT_SIZE);
    const uint64_t asked_bytes = bytes;
    bytes = entry->bytes ? entry->bytes : bytes;
    refuse_if(&v, count == 0, SYS_ERR_INVALID_ARGUMENT);
    refuse_if(&v, entry->shares_region ? offset != 0 : offset + bytes * count > source->bytes,
              SYS_ERR_RETYPE_RANGE);
    refuse_if(&v, (source->base + offset) % entry->align != 0, SYS_ERR_RETYPE_ALIGNMENT);
    for (unsigned i = 0; i < count; i++) {
        if (model[to + i].type != ObjType_Null) {
            refuse_if(&v, true, SYS_ERR_SLOT_IN_USE);
            break;
        }
    }
    refuse_if(&v,
              !entry->shares_region
                  && has_descendant_in(source, source->base + offset, source->base + offset + bytes * count),
              SYS_ERR_REVOKE_FIRST);
    errval_t err = caps_retype(&slots[to], type, asked_bytes, count, &slots[from], offset);
    if (err == SYS_ERR_RESTART && v.count == 0 && entry->zero && bytes * count > 0x10000) {
        /* Mostly go on; sometimes leave it there. */
        for (unsigned i = 0; i < 64 && err == SYS_ERR_RESTART && random_below(random, 8) != 0; i++) {
            err = caps_retype(&slots[to], type, asked_bytes, count, &slots[from], offset);
        }
        if (err == SYS_ERR_RESTART) {
            return;
        }
    }
    if (judge(&v, err, "retype")) {
        successes[3]++;
        expect_objects(to, from, type, bytes, count, offset);
    }
}

static bool vnode_is_mapped_into(const struct model_slot *vnode)
{
    for (int i = 0; i < SLOTS; i++) {
        if (model[i].type != ObjType_Null && is_mapping(model[i].type) && model[i].base >= vnode->base
            && model[i].base < vnode->base + vnode->bytes) {
            return true;
        }
    }
    return false;
}

static void forget(int slot)
{
    const int partner = model[slot].partner;
    if (partner != NOWHERE) {
        model[partner].partner = NOWHERE;
        if (is_mapping(model[partner].type)) {
            model[partner] = (struct model_slot){.partner = NOWHERE};
        }
    }
    model[slot] = (struct model_slot){.partner = NOWHERE};
}

static void try_delete(int slot)
{
    struct verdict v = {0};
    const bool last = is_last_copy(slot);
    refuse_if(&v, model[slot].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(&v,
              last && objtype_is_in(model[slot].type, OBJTYPES_VNODE) && vnode_is_mapped_into(&model[slot]),
              SYS_ERR_VNODE_NOT_EMPTY);
    const unsigned destroyed = fake_kernel.destroyed_count;
    if (judge(&v, caps_delete(&slots[slot]), "delete")) {
        successes[4]++;
        const bool destroys = last && model[slot].type == ObjType_Dispatcher;
        assert_int_equal(fake_kernel.destroyed_count, destroyed + destroys);
        forget(slot);
    }
}

static void try_map(struct random *random, int table, int from, int to)
{
    const struct model_slot *vnode = &model[table];
    const struct model_slot *source = &model[from];
    const bool leaf = source->type == ObjType_Frame;
    const uint64_t entry =
        random_below(random, 8) == 0 ? random_below(random, 600) : random_below(random, 24);
    const uint64_t count = random_below(random, 16) ? 1 + random_below(random, 3) : random_below(random, 600);
    const uint64_t flags = random_below(random, 3) ? VREGION_FLAGS_READ : random_below(random, 20);
    const uint64_t offset = random_below(random, 4) ? 0 : random_below(random, 6) * 0x800;
    const uint64_t unit = leaf && vnode->type == ObjType_VNode_AARCH64_l2 ? LARGE_PAGE_SIZE : BASE_PAGE_SIZE;
    struct verdict v = {0};
    refuse_if(&v, source->type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(&v,
              !objtype_is_in(vnode->type, OBJTYPES_VNODE)
                  || !objtype_is_in(vnode->type, captable[source->type].maps_in),
              SYS_ERR_VNODE_LEVEL);
    refuse_if(&v, model[to].type != ObjType_Null, SYS_ERR_SLOT_IN_USE);
    refuse_if(&v, source->partner != NOWHERE && !is_mapping(source->type), SYS_ERR_CAP_ALREADY_MAPPED);
    const bool write_execute = (flags & 6) == 6;
    refuse_if(&v, count == 0 || flags > 15 || (leaf && (!(flags & 1) || write_execute)),
              SYS_ERR_INVALID_ARGUMENT);
    refuse_if(&v, leaf && (flags & 7 & ~(uint64_t)source->rights) != 0, SYS_ERR_RIGHTS);
    refuse_if(&v, entry + count > 512, SYS_ERR_VNODE_ENTRY_RANGE);
    refuse_if(&v, offset + count * unit > source->bytes, SYS_ERR_FRAME_RANGE);
    refuse_if(&v, (source->base + offset) % unit != 0, SYS_ERR_FRAME_ALIGNMENT);
    for (int i = 0; i < SLOTS; i++) {
        if (is_mapping(model[i].type) && model[i].base < vnode->base + (entry + count) * 8
            && model[i].base + model[i].bytes > vnode->base + entry * 8) {
            refuse_if(&v, true, SYS_ERR_VNODE_ENTRY_IN_USE);
            break;
        }
    }
    if (judge(&v, caps_map(&slots[table], &slots[from], &slots[to], entry, count, flags, offset), "map")) {
        successes[5]++;
        model[to] = (struct model_slot){.type = captable[source->type].mapping,
                                        .base = vnode->base + entry * 8,
                                        .bytes = count * 8,
                                        .rights = source->rights,
                                        .partner = from,
                                        .offset = offset,
                                        .flags = flags};
        model[from].partner = to;
    }
}

static void try_unmap(int table, int mapping)
{
    if (!objtype_is_in(model[table].type, OBJTYPES_VNODE)) {
        return;
    }
    struct verdict v = {0};
    refuse_if(&v, model[mapping].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(&v,
              !is_mapping(model[mapping].type) || model[mapping].base < model[table].base
                  || model[mapping].base >= model[table].base + 4096,
              SYS_ERR_NOT_A_MAPPING);
    if (judge(&v, caps_unmap(&slots[table], &slots[mapping]), "unmap")) {
        successes[6]++;
        forget(mapping);
    }
}

/// Every entry of a page table is what the mappings in it say, and 0 where there is none.
static void check_page_table(const struct model_slot *vnode)
{
    uint64_t expected[512] = {0};
    const unsigned level = vnode->type - ObjType_VNode_AARCH64_l0;
    for (int i = 0; i < SLOTS; i++) {
        const struct model_slot *m = &model[i];
        if (m->type == ObjType_Null || !is_mapping(m->type) || m->base < vnode->base
            || m->base >= vnode->base + 4096) {
            continue;
        }
        const struct model_slot *source = &model[m->partner];
        const bool leaf = source->type == ObjType_Frame;
        for (uint64_t e = 0; e < m->bytes / 8; e++) {
            const lpaddr_t target = source->base + m->offset + (e << (39 - 9 * level));
            expected[(m->base - vnode->base) / 8 + e] = fake_pte(level, target, leaf, false, m->flags);
        }
    }
    assert_memory_equal(phys_to_virt(vnode->base), expected, sizeof expected);
}

static void compare(bool page_tables)
{
    assert_sound();
    for (int i = 0; i < SLOTS; i++) {
        const struct capability *cap = &slots[i].cap;
        assert_int_equal(cap->type, model[i].type);
        if (model[i].type == ObjType_Null) {
            continue;
        }
        assert_int_equal(cap->base, model[i].base);
        assert_int_equal(cap->bytes, model[i].bytes);
        assert_int_equal(cap->rights, model[i].rights);
        assert_int_equal(mdb_has_copies(&slots[i]), !is_last_copy(i));
        if (model[i].type == ObjType_EndPoint) {
            assert_int_equal(cap->aux32, model[i].ring_offset);
            assert_int_equal(cap->aux64, model[i].ring_slots);
        } else {
            assert_int_equal(cap->aux32,
                             model[i].partner == NOWHERE ? 0 : mdb_link(&slots[model[i].partner]));
        }
        if (page_tables && objtype_is_in(model[i].type, OBJTYPES_VNODE)) {
            check_page_table(&model[i]);
        }
    }
}

/// A slot that is in use, or empty, as wanted; mostly.
static int pick(struct random *random, bool used)
{
    const int first = random_below(random, SLOTS);
    for (int i = 0; i < SLOTS && random_below(random, 32) != 0; i++) {
        if ((model[(first + i) % SLOTS].type != ObjType_Null) == used) {
            return (first + i) % SLOTS;
        }
    }
    return first;
}

static int pick_type(struct random *random, uint32_t types)
{
    const int first = random_below(random, SLOTS);
    for (int i = 0; i < SLOTS && random_below(random, 64) != 0; i++) {
        if (objtype_is_in(model[(first + i) % SLOTS].type, types)) {
            return (first + i) % SLOTS;
        }
    }
    return first;
}

static void step(struct random *random)
{
    const int used = pick(random, true);
    const int empty = pick(random, false);
    switch (random_below(random, 12)) {
    case 0:
        try_copy(empty, used);
        break;
    case 1:
        try_mint(random, empty, random_below(random, 2) ? used : pick_type(random, 1U << ObjType_EndPoint));
        break;
    case 2:
        try_move(empty, used == ROOT ? empty : used);
        break;
    case 3:
    case 4:
    case 5:
        try_retype(random, empty, random_below(random, 3) ? pick_type(random, 1U << ObjType_RAM) : used);
        break;
    case 6:
        try_delete(used == ROOT ? empty : used);
        break;
    case 7:
    case 8:
    case 9:
    case 10:
        if (random_below(random, 4) != 0) {
            try_map(random, pick_type(random, 1U << ObjType_VNode_AARCH64_l3),
                    pick_type(random, 1U << ObjType_Frame), empty);
        } else {
            try_map(random, pick_type(random, OBJTYPES_VNODE), pick_type(random, OBJTYPES_MAPPABLE), empty);
        }
        break;
    default:
        try_unmap(pick_type(random, OBJTYPES_VNODE), pick_type(random, OBJTYPES_MAPPING));
        break;
    }
}

static void start(int slot, unsigned type, uint64_t base, uint64_t bytes)
{
    caps_create(&slots[slot], type, base, bytes);
    model[slot] = (struct model_slot){
        .type = type, .base = base, .bytes = bytes, .rights = CAPRIGHTS_ALL, .partner = NOWHERE};
}

static void run_seed(uint64_t seed, lpaddr_t physical)
{
    struct random random = random_from_seed(seed);
    arena_reset(physical);
    fake_kernel_reset();
    fake_kernel.dispatcher_frame = 0x1000;
    slots = arena_take_slots(SLOTS);
    ram_base = arena_take(RAM_BYTES, 0x10000);
    memset(phys_to_virt(ram_base), 0xa5, RAM_BYTES);
    for (int i = 0; i < SLOTS; i++) {
        model[i] = (struct model_slot){.partner = NOWHERE};
    }
    start(ROOT, ObjType_RAM, ram_base, RAM_BYTES);
    start(1, ObjType_IRQ, 32, 64);
    start(2, ObjType_Kernel, 0, 0);
    try_copy(3, ROOT);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&random);
        compare(i % 16 == 0);
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(seed, ARENA_DEFAULT_BASE);
    }
    /* The sequences get somewhere: every operation succeeds often. */
    for (unsigned operation = 0; operation < 7; operation++) {
        assert_in_range(successes[operation], SEEDS / 2, SEEDS * STEPS);
    }
}

static void test_highest_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        run_seed(seed, ARENA_HIGHEST_BASE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_highest_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
