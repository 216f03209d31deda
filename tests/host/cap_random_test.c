/**
 * Random sequences of every capability operation against a model that knows no tree, no links and no order of
 * checks.
 *
 * Before each operation the model says which errors may come back (none: it must succeed); after it, every
 * slot, every page table entry and the checker are compared with what the model expects.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c tests/host/cap_model.c
 */
#include "cap_model.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/dispatcher.h>
#include <abi/syscall.h>
#include <cap/captable.h>
#include <cap/mdb.h>
#include <string.h>

#define STEPS     200
#define SEEDS     3000
#define RAM_BYTES 0x80000UL
#define ROOT      0 ///< The slot of all RAM, which stays: there is always something to make objects from.

static unsigned successes[9];

static void expect_copy(int to, int from)
{
    model[to] = model[from];
    model[to].partner = NOWHERE;
}

static void check_copyable(struct verdict *v, int to, int from)
{
    refuse_if(v, model[from].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(v, model_is_mapping(model[from].type) || model_is_linked(from), SYS_ERR_CAP_NOT_COPYABLE);
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
    if (model[from].type == ObjType_EndPoint && model[from].ring_offset == 0) {
        const uint64_t offset = random_below(random, 0x280) * 8;
        const uint64_t ring_slots =
            random_below(random, 4) ? 1UL << random_below(random, 12) : random_below(random, 40);
        const uint64_t area = random_below(random, 2)   ? 0
                              : random_below(random, 4) ? 64 * random_below(random, 16)
                                                        : 32 * random_below(random, 0x400);
        const uint64_t room = ring_slots | area << 32;
        const bool power = ring_slots != 0 && (ring_slots & (ring_slots - 1)) == 0;
        uint64_t end = offset + 64 + ring_slots * 80;
        end = area ? (end + 63) / 64 * 64 + area : end;
        refuse_if(&v, offset % 16 != 0 || !power || ring_slots > 1024 || area % 64 != 0 || area > 0x4000,
                  SYS_ERR_INVALID_MINT);
        refuse_if(&v, offset < sizeof(struct dispatcher_shared) || end > 0x1000, SYS_ERR_LMP_ENDPOINT_RANGE);
        if (judge(&v, caps_mint(&slots[to], &slots[from], offset, room), "mint")) {
            successes[1]++;
            expect_copy(to, from);
            model[to].ring_offset = offset;
            model[to].ring_slots = room;
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
    const bool shares = captable[type].shares_region;
    const bool is_copy = type == model[from].type && bytes == model[from].bytes;
    unsigned rights = model[from].rights | (is_copy ? 0 : CAPRIGHTS_CONTROL);
    for (unsigned i = 0; i < count; i++) {
        const uint64_t base = model[from].base + (shares ? 0 : offset + i * bytes);
        if (captable[type].zero && model[from].type != type) {
            assert_true(is_clear(base, bytes));
        }
        if (type == ObjType_Frame) {
            memset(phys_to_virt(base), 0x5a, bytes);
        }
        model[to + i] = (struct model_slot){
            .type = type, .base = base, .bytes = bytes, .rights = rights, .partner = NOWHERE};
        if (shares && i == 0 && !model_is_last_copy(to)) {
            rights = model[from].rights;
            model[to].rights = rights;
        }
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
                                    ObjType_Core,
                                    ObjType_Null};
    const unsigned type = types[random_below(random, sizeof types)];
    const struct captable_entry *entry = &captable[type];
    uint64_t bytes = random_object_bytes(random, type);
    const unsigned most = MODEL_SLOTS - to < 4 ? MODEL_SLOTS - to : 4;
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
                  && model_has_descendant_in(source, source->base + offset,
                                             source->base + offset + bytes * count),
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

/// What is mapped in a page table goes with it.
static void forget_mappings_in(int table)
{
    for (int i = 0; i < MODEL_SLOTS && objtype_is_in(model[table].type, OBJTYPES_VNODE); i++) {
        if (model[i].type != ObjType_Null && model_is_mapping(model[i].type)
            && model[i].base >= model[table].base && model[i].base < model[table].base + 4096) {
            model_forget(i);
        }
    }
}

static void try_revoke(int slot)
{
    struct verdict v = {0};
    refuse_if(&v, model[slot].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    const bool may = model[slot].rights & CAPRIGHTS_CONTROL || model[slot].type == ObjType_RAM;
    refuse_if(&v, !may, SYS_ERR_RIGHTS);
    errval_t err;
    do {
        err = caps_revoke(&slots[slot]);
        assert_sound();
    } while (err == SYS_ERR_RESTART);
    if (judge(&v, err, "revoke")) {
        successes[7]++;
        for (int i = 0; i < MODEL_SLOTS; i++) {
            if (model_goes_with(i, slot)) {
                if (model_is_last_copy(i)) {
                    forget_mappings_in(i);
                }
                model_forget(i);
            }
        }
    }
}

static void try_delete(int slot)
{
    struct verdict v = {0};
    const bool last = model_is_last_copy(slot);
    refuse_if(&v, model[slot].type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    const unsigned destroyed = fake_kernel.destroyed_count;
    errval_t err;
    do {
        err = caps_delete(&slots[slot]);
        assert_sound();
    } while (err == SYS_ERR_RESTART);
    if (judge(&v, err, "delete")) {
        successes[4]++;
        if (last) {
            forget_mappings_in(slot);
        }
        const bool destroys = last && model[slot].type == ObjType_Dispatcher;
        assert_int_equal(fake_kernel.destroyed_count, destroyed + destroys);
        model_forget(slot);
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
    refuse_if(&v, source->partner != NOWHERE && !model_is_mapping(source->type), SYS_ERR_CAP_ALREADY_MAPPED);
    const bool write_execute = (flags & 6) == 6;
    refuse_if(&v, count == 0 || flags > 15 || (leaf && (!(flags & 1) || write_execute)),
              SYS_ERR_INVALID_ARGUMENT);
    refuse_if(&v, leaf && (flags & 7 & ~(uint64_t)source->rights) != 0, SYS_ERR_RIGHTS);
    refuse_if(&v, entry + count > 512, SYS_ERR_VNODE_ENTRY_RANGE);
    refuse_if(&v, offset + count * unit > source->bytes, SYS_ERR_FRAME_RANGE);
    refuse_if(&v, (source->base + offset) % unit != 0, SYS_ERR_FRAME_ALIGNMENT);
    refuse_if(&v, model_has_mapping_in(vnode, entry, count), SYS_ERR_VNODE_ENTRY_IN_USE);
    if (judge(&v, caps_map(&slots[table], &slots[from], &slots[to], entry, count, flags, offset), "map")) {
        successes[5]++;
        model[to] = (struct model_slot){.type = captable[source->type].mapping,
                                        .base = vnode->base + entry * 8,
                                        .bytes = count * 8,
                                        .rights = source->rights,
                                        .partner = from,
                                        .offset = offset};
        assert_true(count <= MODEL_MAPPING_ENTRIES);
        memset(model[to].flags, (int)flags, count);
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
              !model_is_mapping(model[mapping].type) || model[mapping].base < model[table].base
                  || model[mapping].base >= model[table].base + 4096,
              SYS_ERR_NOT_A_MAPPING);
    if (judge(&v, caps_unmap(&slots[table], &slots[mapping]), "unmap")) {
        successes[6]++;
        model_forget(mapping);
    }
}

static void try_protect(struct random *random, int table, int mapping)
{
    if (!objtype_is_in(model[table].type, OBJTYPES_VNODE)) {
        return;
    }
    struct model_slot *m = &model[mapping];
    const uint64_t entries = m->bytes / 8;
    const uint64_t first = random_below(random, 4) ? 0 : random_below(random, entries + 1);
    const uint64_t count = random_below(random, 8) ? 1 + random_below(random, 2) : random_below(random, 600);
    const uint64_t flags = random_below(random, 2) ? VREGION_FLAGS_READ : random_below(random, 18);
    const uint8_t permissions = VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE;
    struct verdict v = {0};
    refuse_if(&v, m->type == ObjType_Null, SYS_ERR_CAP_NOT_FOUND);
    refuse_if(&v,
              m->type != ObjType_Frame_Mapping || m->base < model[table].base
                  || m->base >= model[table].base + 4096,
              SYS_ERR_NOT_A_MAPPING);
    refuse_if(&v, count == 0 || flags > 15 || !(flags & 1) || (flags & 6) == 6, SYS_ERR_INVALID_ARGUMENT);
    refuse_if(&v, m->partner != NOWHERE && (flags & 7 & ~(uint64_t)model[m->partner].rights) != 0,
              SYS_ERR_RIGHTS);
    refuse_if(&v, first + count > entries || first == entries, SYS_ERR_VNODE_ENTRY_RANGE);
    if (judge(&v, caps_protect(&slots[table], &slots[mapping], first, count, flags), "protect")) {
        successes[8]++;
        for (uint64_t entry = first; entry < first + count; entry++) {
            m->flags[entry] = (uint8_t)((m->flags[entry] & ~permissions) | (flags & permissions));
        }
    }
}

/// A page table that a mapping is in, mostly.
static int pick_table_of(struct random *random, int mapping)
{
    for (int i = 0; i < MODEL_SLOTS && random_below(random, 64) != 0; i++) {
        if (objtype_is_in(model[i].type, OBJTYPES_VNODE)
            && model[i].base == ROUND_DOWN(model[mapping].base, BASE_PAGE_SIZE)) {
            return i;
        }
    }
    return random_below(random, MODEL_SLOTS);
}

/// A slot that is in use, or empty, as wanted; mostly.
static int pick(struct random *random, bool used)
{
    const int first = random_below(random, MODEL_SLOTS);
    for (int i = 0; i < MODEL_SLOTS && random_below(random, 32) != 0; i++) {
        if ((model[(first + i) % MODEL_SLOTS].type != ObjType_Null) == used) {
            return (first + i) % MODEL_SLOTS;
        }
    }
    return first;
}

static int pick_type(struct random *random, uint32_t types)
{
    const int first = random_below(random, MODEL_SLOTS);
    for (int i = 0; i < MODEL_SLOTS && random_below(random, 64) != 0; i++) {
        if (objtype_is_in(model[(first + i) % MODEL_SLOTS].type, types)) {
            return (first + i) % MODEL_SLOTS;
        }
    }
    return first;
}

static void step(struct random *random)
{
    const int used = pick(random, true);
    const int empty = pick(random, false);
    const int mapping = pick_type(random, OBJTYPES_MAPPING);
    switch (random_below(random, 15)) {
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
    case 11:
        /* All RAM seldom, and never through another copy: the first one is to stay. */
        if (used == ROOT ? random_below(random, 16) == 0
                         : model[used].type != ObjType_RAM || model[used].bytes != RAM_BYTES) {
            try_revoke(used);
        }
        break;
    case 12:
    case 13:
        try_protect(random, pick_table_of(random, mapping), mapping);
        break;
    default:
        try_unmap(pick_table_of(random, mapping), mapping);
        break;
    }
}

static void run_seed(uint64_t seed, lpaddr_t physical)
{
    struct random random = random_from_seed(seed);
    arena_reset(physical);
    fake_kernel_reset();
    fake_kernel.dispatcher_frame = 0x1000;
    model_reset();
    const lpaddr_t ram_base = arena_take(RAM_BYTES, 0x10000);
    memset(phys_to_virt(ram_base), 0xa5, RAM_BYTES);
    model_create(ROOT, ObjType_RAM, ram_base, RAM_BYTES);
    model_create(1, ObjType_IRQ, 32, 64);
    model_create(2, ObjType_Kernel, 0, 0);
    model_create(4, ObjType_Core, 0, CORES_MAX);
    try_copy(3, ROOT);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&random);
        model_compare(i % 16 == 0);
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(seed, ARENA_DEFAULT_BASE);
    }
    /* The sequences get somewhere: every operation succeeds often. */
    for (unsigned operation = 0; operation < 9; operation++) {
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
