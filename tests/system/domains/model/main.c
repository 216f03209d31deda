/**
 * Arguments: seed=N, calls=N, check=1 (the kernel's mapping database is checked after every operation).
 */
#include "../arguments.h"
#include "model.h"

#include <aos/rpc.h>
#include <interfaces/test.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM_BYTES     0x40000UL
#define DEFAULT_CALLS 5000
#define ENTRIES       512
#define MOST_RIGHTS   (CAPRIGHTS_ALL + 1)

enum operation {
    COPY,
    MINT,
    RETYPE,
    DELETE,
    REVOKE,
    MAP,
    UNMAP,
    PROTECT,
    OPERATIONS
};

static const char *const names[OPERATIONS] = {"copy",   "mint", "retype", "delete",
                                              "revoke", "map",  "unmap",  "protect"};

static struct {
    struct rpc_client *init;
    struct capref ram;   ///< All memory. Its copies in the model are never revoked, so it stays.
    struct capref slots; ///< The first of MODEL_SLOTS.
    genpaddr_t base;
    bool checks;
    uint64_t random;
    unsigned successes[OPERATIONS];
} run;

static uint64_t random_below(uint64_t limit)
{
    run.random ^= run.random >> 12;
    run.random ^= run.random << 25;
    run.random ^= run.random >> 27;
    return (run.random * 0x2545f4914f6cdd1dUL >> 16) % limit;
}

static struct capref real(int slot)
{
    struct capref cap = run.slots;
    cap.slot += (cslot_t)slot;
    return cap;
}

/// A slot that is in use or empty, as wanted, or of a type; mostly.
static int pick(bool used)
{
    const int first = (int)random_below(MODEL_SLOTS);
    for (int i = 0; i < MODEL_SLOTS && random_below(32) != 0; i++) {
        const int slot = (first + i) % MODEL_SLOTS;
        if ((model[slot].type != ObjType_Null) == used) {
            return slot;
        }
    }
    return first;
}

static int pick_type(enum objtype type)
{
    const int first = (int)random_below(MODEL_SLOTS);
    for (int i = 0; i < MODEL_SLOTS && random_below(64) != 0; i++) {
        if (model[(first + i) % MODEL_SLOTS].type == type) {
            return (first + i) % MODEL_SLOTS;
        }
    }
    return first;
}

/// The page table that a mapping is in, mostly.
static int pick_table_of(int mapping)
{
    for (int i = 0; i < MODEL_SLOTS && random_below(64) != 0; i++) {
        if (model[i].type == ObjType_VNode_AARCH64_l3
            && model[i].base == ROUND_DOWN(model[mapping].base, BASE_PAGE_SIZE)) {
            return i;
        }
    }
    return (int)random_below(MODEL_SLOTS);
}

/// Compares what the kernel said with what the model expects. \return true if both say that it happened
static bool judge(enum operation operation, bool expected, errval_t err)
{
    if (err_is_ok(err) != expected) {
        USER_PANIC_ERR(err, "%s: the model expects %s", names[operation], expected ? "success" : "a refusal");
    }
    run.successes[operation] += expected;
    return expected;
}

static bool is_copyable(int to, int from)
{
    return model[from].type != ObjType_Null && !is_mapping(&model[from]) && model[to].type == ObjType_Null;
}

static void try_copy(int to, int from)
{
    if (judge(COPY, is_copyable(to, from), cap_copy(real(to), real(from)))) {
        model[to] = model[from];
        model[to].partner = NOWHERE;
    }
}

static void try_mint(int to, int from)
{
    const unsigned rights = random_below(2) ? model[from].rights & ~(1U << random_below(8))
                                            : (unsigned)random_below(MOST_RIGHTS + 1);
    const bool expected =
        is_copyable(to, from) && rights <= CAPRIGHTS_ALL && (rights & ~model[from].rights) == 0;
    if (judge(MINT, expected, cap_mint(real(to), real(from), rights, 0))) {
        model[to] = model[from];
        model[to].partner = NOWHERE;
        model[to].rights = rights;
    }
}

static void try_retype(int to, int from)
{
    static const struct {
        enum objtype type;
        gensize_t fixed;
    } kinds[] = {{ObjType_RAM, 0},
                 {ObjType_Frame, 0},
                 {ObjType_L2CNode, OBJSIZE_L2CNode},
                 {ObjType_VNode_AARCH64_l3, OBJSIZE_VNode_AARCH64_l3}};
    const unsigned kind = (unsigned)random_below(ARRAY_LENGTH(kinds));
    const enum objtype type = kinds[kind].type;
    const gensize_t fixed = kinds[kind].fixed;
    const gensize_t pages = random_below(8) ? 2 : 32;
    const gensize_t bytes = fixed ? fixed : (1 + random_below(pages)) * BASE_PAGE_SIZE;
    const gensize_t asked = fixed && random_below(2) ? 0 : bytes; // the type says its size
    const gensize_t alignment = fixed ? fixed : BASE_PAGE_SIZE;
    const size_t count = random_below(3) ? 1 : 1 + random_below(3);
    const struct model_slot source = model[from];
    gensize_t offset = source.bytes ? random_below(source.bytes) : 0;
    if (random_below(16) != 0) {
        const genpaddr_t aligned = ROUND_DOWN(source.base + offset, alignment);
        offset = aligned > source.base ? aligned - source.base : 0;
    }
    const genpaddr_t begin = source.base + offset, end = begin + count * bytes;

    bool expected = source.type == ObjType_RAM || (source.type == ObjType_Frame && type == ObjType_Frame);
    expected = expected && offset + count * bytes <= source.bytes && begin % alignment == 0
               && !model_is_used(&source, begin, end);
    for (size_t i = 0; i < count; i++) {
        expected = expected && to + (int)i < MODEL_SLOTS && model[to + i].type == ObjType_Null;
    }
    if (to + (int)count > MODEL_SLOTS) {
        return; // the slots behind are ours, too, but not the model's
    }
    const bool is_copy = type == source.type && bytes == source.bytes;
    if (judge(RETYPE, expected, cap_retype(real(to), real(from), offset, type, asked, count))) {
        for (size_t i = 0; i < count; i++) {
            model[to + i] = (struct model_slot){.type = type,
                                                .base = begin + i * bytes,
                                                .bytes = bytes,
                                                .rights = source.rights | (is_copy ? 0 : CAPRIGHTS_CONTROL),
                                                .partner = NOWHERE};
        }
    }
}

static void try_delete(int slot)
{
    if (judge(DELETE, model[slot].type != ObjType_Null, cap_delete(real(slot)))) {
        model_forget(slot);
    }
}

static void try_revoke(int slot)
{
    const struct model_slot *m = &model[slot];
    if (m->base == run.base && m->bytes == RAM_BYTES) {
        return;
    }
    const bool expected =
        m->type == ObjType_RAM || (m->type != ObjType_Null && (m->rights & CAPRIGHTS_CONTROL));
    if (judge(REVOKE, expected, cap_revoke(real(slot))) && !is_mapping(m)) {
        for (int i = 0; i < MODEL_SLOTS; i++) {
            if (model_goes_with(i, slot)) {
                model_forget(i);
            }
        }
    }
}

static bool flags_are_good(uint64_t flags, unsigned rights)
{
    const uint64_t permissions = VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE;
    const bool both = (flags & VREGION_FLAGS_WRITE) && (flags & VREGION_FLAGS_EXECUTE);
    return flags <= VREGION_FLAGS_MASK && (flags & VREGION_FLAGS_READ) && !both
           && (flags & permissions & ~(uint64_t)rights) == 0;
}

static uint64_t random_flags(void)
{
    return random_below(2) ? VREGION_FLAGS_READ : random_below(20);
}

static bool entries_are_free(genpaddr_t table, uint64_t entry, uint64_t count)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        if (is_mapping(&model[i]) && overlaps(&model[i], table + entry * 8, table + (entry + count) * 8)) {
            return false;
        }
    }
    return true;
}

static void try_map(int table, int frame, int to)
{
    const struct model_slot *f = &model[frame];
    const uint64_t entry = random_below(8) ? random_below(16) : random_below(600);
    const uint64_t count = random_below(2) ? 1 : 1 + random_below(random_below(8) ? 3 : 40);
    const uint64_t offset = random_below(4) ? 0 : random_below(4) * BASE_PAGE_SIZE;
    const uint64_t flags = random_flags();
    const bool expected = model[table].type == ObjType_VNode_AARCH64_l3 && f->type == ObjType_Frame
                          && model[to].type == ObjType_Null && f->partner == NOWHERE
                          && flags_are_good(flags, f->rights) && entry + count <= ENTRIES
                          && offset + count * BASE_PAGE_SIZE <= f->bytes
                          && entries_are_free(model[table].base, entry, count);
    if (judge(MAP, expected, vnode_map(real(table), real(frame), entry, flags, offset, count, real(to)))) {
        model[to] = (struct model_slot){.type = ObjType_Frame_Mapping,
                                        .base = model[table].base + entry * 8,
                                        .bytes = count * 8,
                                        .rights = f->rights,
                                        .partner = frame};
        model[frame].partner = to;
    }
}

static bool is_mapped_in(int table, int mapping)
{
    const struct model_slot *t = &model[table];
    return t->type == ObjType_VNode_AARCH64_l3 && is_mapping(&model[mapping])
           && overlaps(&model[mapping], t->base, t->base + t->bytes);
}

static void try_unmap(int table, int mapping)
{
    if (judge(UNMAP, is_mapped_in(table, mapping), vnode_unmap(real(table), real(mapping)))) {
        model_forget(mapping);
    }
}

static void try_protect(int table, int mapping)
{
    const uint64_t entries = model[mapping].bytes / 8;
    const uint64_t first = random_below(2) ? 0 : random_below(entries + 1), count = random_below(3);
    const uint64_t flags = random_flags();
    const bool expected = is_mapped_in(table, mapping) && count > 0 && first + count <= entries
                          && flags_are_good(flags, model[mapping].rights);
    judge(PROTECT, expected, vnode_protect(real(table), real(mapping), first, count, flags));
}

static void step(void)
{
    const int used = pick(true), empty = pick(false), mapping = pick_type(ObjType_Frame_Mapping);
    switch (random_below(16)) {
    case 0:
        try_copy(empty, used);
        break;
    case 1:
        try_mint(empty, used);
        break;
    case 2:
    case 3:
    case 4:
        try_retype(empty, random_below(3) ? pick_type(ObjType_RAM) : used);
        break;
    case 5:
        try_delete(used);
        break;
    case 6:
        if (random_below(3) == 0) {
            try_revoke(random_below(4) ? pick_type(ObjType_Frame) : used);
        }
        break;
    case 7:
    case 8:
    case 9:
        try_map(pick_type(ObjType_VNode_AARCH64_l3), pick_type(ObjType_Frame), empty);
        break;
    case 10:
    case 11:
    case 12:
        try_retype(empty, pick_type(ObjType_RAM));
        break;
    case 13:
        try_unmap(pick_table_of(mapping), mapping);
        break;
    default:
        try_protect(pick_table_of(mapping), mapping);
    }
}

static void compare(void)
{
    for (int i = 0; i < MODEL_SLOTS; i++) {
        struct capability_info info = {0};
        errval_t err = cap_identify(real(i), &info);
        CHECK(err_is_ok(err) == (model[i].type != ObjType_Null));
        CHECK(info.type == model[i].type && info.base == model[i].base && info.bytes == model[i].bytes);
        CHECK(info.rights == model[i].rights);
    }
    if (run.checks) {
        CHECK_OK(test_check(run.init));
    }
}

/// All memory, in a slot where there is none: without it nothing could be made.
static void provide_memory(void)
{
    const int slot = pick(false), ram = pick_type(ObjType_RAM);
    const bool has_ram = model[ram].type == ObjType_RAM && model[ram].bytes == RAM_BYTES;
    if (!has_ram && model[slot].type == ObjType_Null) {
        CHECK_OK(cap_copy(real(slot), run.ram));
        model[slot] = (struct model_slot){.type = ObjType_RAM,
                                          .base = run.base,
                                          .bytes = RAM_BYTES,
                                          .rights = CAPRIGHTS_ALL,
                                          .partner = NOWHERE};
    }
}

int main(int argc, char *argv[])
{
    const uint64_t calls = argument_number(argc, argv, "calls", DEFAULT_CALLS);
    struct capability_info info;
    run.random = argument_number(argc, argv, "seed", 1) * 0x9e3779b97f4a7c15UL + 1;
    run.checks = argument_number(argc, argv, "check", 0) != 0;
    CHECK_OK(rpc_connect("test", &test_interface, &run.init));
    CHECK_OK(ram_alloc_aligned(&run.ram, RAM_BYTES, RAM_BYTES));
    CHECK_OK(cap_identify(run.ram, &info));
    run.base = info.base;
    CHECK_OK(slot_alloc_range(&run.slots, MODEL_SLOTS));
    for (int i = 0; i < MODEL_SLOTS; i++) {
        model[i].partner = NOWHERE;
    }
    for (uint64_t i = 0; i < calls; i++) {
        if (i % 8 == 0) {
            provide_memory();
        }
        if (i % 64 == 0) {
            CHECK_OK(test_drain(run.init));
        }
        step();
        compare();
    }
    for (unsigned i = 0; i < OPERATIONS; i++) {
        printf("model: %u of %s\n", run.successes[i], names[i]);
        CHECK(run.successes[i] > calls / 1000);
    }
    CHECK_OK(cap_revoke(run.ram));
    CHECK_OK(ram_free(run.ram));
    return EXIT_SUCCESS;
}
