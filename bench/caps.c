/**
 * Operations on capabilities: one call of the library each. What a repetition makes it deletes again,
 * unmeasured.
 */
#include <aos/aos.h>
#include <caps/crowd.h>
#include <caps/longest.h>
#include <caps/map.h>
#include <harness/harness.h>

#define SOURCE_BYTES      0x10000UL ///< RAM that objects are made from; aligned for every type.
#define ENDPOINT_MESSAGES 8

/// A type that benches work on.
struct kind {
    enum objtype type;
    gensize_t bytes; ///< Of one object; 0 where the type fixes it and cap_retype wants none.
};

static struct {
    struct capref ram;        ///< The source of retypes.
    struct capref dispatcher; ///< The source of endpoints.
    struct capref object;     ///< The source of copies.
    struct capref dest;
} caps;

static const struct kind *kind_of(const struct bench *bench)
{
    return (const struct kind *)bench->argument;
}

/// Where objects of a type are made from.
static struct capref source_of(const struct kind *kind)
{
    return kind->type == ObjType_EndPoint ? caps.dispatcher : caps.ram;
}

static errval_t make(struct capref dest, const struct kind *kind)
{
    return cap_retype(dest, source_of(kind), 0, kind->type, kind->bytes, 1);
}

static errval_t source_setup(const struct bench *bench)
{
    (void)bench;
    caps.dispatcher = cap_dispatcher;
    errval_t err = ram_alloc_aligned(&caps.ram, SOURCE_BYTES, SOURCE_BYTES);
    return err_is_ok(err) ? slot_alloc(&caps.dest) : err;
}

static errval_t source_teardown(const struct bench *bench)
{
    (void)bench;
    errval_t err = slot_free(caps.dest);
    return err_is_ok(err) ? ram_free(caps.ram) : err;
}

static errval_t object_setup(const struct bench *bench)
{
    errval_t err = source_setup(bench);
    if (err_is_ok(err)) {
        err = slot_alloc(&caps.object);
    }
    return err_is_ok(err) ? make(caps.object, kind_of(bench)) : err;
}

static errval_t object_teardown(const struct bench *bench)
{
    errval_t err = cap_destroy(caps.object);
    return err_is_ok(err) ? source_teardown(bench) : err;
}

static errval_t make_dest(const struct bench *bench)
{
    return make(caps.dest, kind_of(bench));
}

static errval_t copy_dest(const struct bench *bench)
{
    (void)bench;
    return cap_copy(caps.dest, caps.object);
}

static errval_t delete_dest(const struct bench *bench)
{
    (void)bench;
    return cap_delete(caps.dest);
}

static errval_t copy_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_copy(caps.dest, caps.object);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t mint_rights_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_mint(caps.dest, caps.object, CAPRIGHTS_READ, 0);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/// The ring's place is behind those that the library made; nobody sends to it.
static errval_t mint_endpoint_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t offset = USER_DISPATCHER_BYTES / 2;
    uint64_t begin = cycle_count();
    errval_t err = cap_mint(caps.dest, caps.object, offset, ENDPOINT_MESSAGES);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t retype_sample(const struct bench *bench, struct bench_sample *sample)
{
    const struct kind *kind = kind_of(bench);
    struct capref source = source_of(kind);
    uint64_t begin = cycle_count();
    errval_t err = cap_retype(caps.dest, source, 0, kind->type, kind->bytes, 1);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t delete_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_delete(caps.dest);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

/* Revoke, and deletes of what is full. */

#define MOST_SLOTS L2_CNODE_SLOTS
#define MANY_BYTES (MOST_SLOTS * BASE_PAGE_SIZE)

/// What hangs on the capability that is revoked.
struct family {
    unsigned descendants;
    unsigned depth; ///< 1: all were made from it; else a chain of so many, the last with all the others.
};

static struct {
    struct capref ram;
    struct capref slots; ///< The first of MOST_SLOTS.
    struct capref cnode; ///< L1 slot of an L2CNode to be filled.
} many;

static struct capref many_slot(unsigned i)
{
    struct capref slot = many.slots;
    slot.slot += i;
    return slot;
}

static errval_t many_setup(const struct bench *bench)
{
    (void)bench;
    errval_t err = ram_alloc_aligned(&many.ram, MANY_BYTES, OBJSIZE_L2CNode);
    return err_is_ok(err) ? slot_alloc_range(&many.slots, MOST_SLOTS) : err;
}

static errval_t many_teardown(const struct bench *bench)
{
    (void)bench;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i < MOST_SLOTS && err_is_ok(err); i++) {
        err = slot_free(many_slot(i));
    }
    return err_is_ok(err) ? ram_free(many.ram) : err;
}

static errval_t make_family(const struct bench *bench)
{
    const struct family *family = (const struct family *)bench->argument;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 0; i + 1 < family->depth && err_is_ok(err); i++) {
        err = cap_retype(many_slot(i), i == 0 ? many.ram : many_slot(i - 1), 0, ObjType_RAM,
                         (family->descendants - i) * BASE_PAGE_SIZE, 1);
    }
    unsigned chain = family->depth - 1;
    struct capref last = chain == 0 ? many.ram : many_slot(chain - 1);
    return err_is_ok(err) ? cap_retype(many_slot(chain), last, 0, ObjType_RAM, BASE_PAGE_SIZE,
                                       family->descendants - chain)
                          : err;
}

static errval_t revoke_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_revoke(many.ram);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t cnode_setup(const struct bench *bench)
{
    struct cnoderef cnode;
    errval_t err = many_setup(bench);
    if (err_is_ok(err)) {
        err = cnode_create_l2(&many.cnode, &cnode);
    }
    return err_is_ok(err) ? cap_delete(many.cnode) : err;
}

/// An L2CNode with a capability in each slot.
static errval_t make_full_cnode(const struct bench *bench)
{
    (void)bench;
    errval_t err = cap_retype(many.cnode, many.ram, 0, ObjType_L2CNode, 0, 1);
    for (cslot_t slot = 0; slot < L2_CNODE_SLOTS && err_is_ok(err); slot++) {
        err = cap_copy(capref_make(TASKCN_SLOT_ROOTCN, many.cnode.slot, slot), cap_selfep);
    }
    return err;
}

static errval_t delete_full_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    uint64_t begin = cycle_count();
    errval_t err = cap_delete(many.cnode);
    sample->end = cycle_count();
    sample->begin = begin;
    return err;
}

static errval_t longest_revoke_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    return longest_entry(CNODE_REVOKE, many.ram, sample);
}

static errval_t longest_delete_sample(const struct bench *bench, struct bench_sample *sample)
{
    (void)bench;
    return longest_entry(CNODE_DELETE, many.cnode, sample);
}

static const struct family one = {1, 1}, sixteen = {16, 1}, sixty_four = {64, 1}, most = {MOST_SLOTS, 1};
static const struct family four_deep = {64, 4}, sixteen_deep = {64, 16}, sixty_four_deep = {64, 64};

static const struct kind ram = {ObjType_RAM, BASE_PAGE_SIZE};
static const struct kind frame = {ObjType_Frame, BASE_PAGE_SIZE};
static const struct kind l2_cnode = {ObjType_L2CNode, 0};
static const struct kind page_table = {ObjType_VNode_AARCH64_l3, 0};
static const struct kind dispatcher = {ObjType_Dispatcher, 0};
static const struct kind endpoint = {ObjType_EndPoint, 0};

#define COPY(kind, text)                                                                                   \
    {                                                                                                      \
        .name = "caps.copy", .params = "type=" text, .unit = "cycles", .argument = (uint64_t) & (kind),    \
        .setup = object_setup, .sample = copy_sample, .cleanup = delete_dest, .teardown = object_teardown, \
    }
#define MINT(kind, text, function)                                                                        \
    {                                                                                                     \
        .name = "caps.mint", .params = "type=" text, .unit = "cycles", .argument = (uint64_t) & (kind),   \
        .setup = object_setup, .sample = (function), .cleanup = delete_dest, .teardown = object_teardown, \
    }
#define RETYPE(kind, text)                                                                                   \
    {                                                                                                        \
        .name = "caps.retype", .params = "type=" text, .unit = "cycles", .argument = (uint64_t) & (kind),    \
        .setup = source_setup, .sample = retype_sample, .cleanup = delete_dest, .teardown = source_teardown, \
    }
#define DELETE_LAST(kind, text)                                                       \
    {                                                                                 \
        .name = "caps.delete", .params = "type=" text ",copies=1", .unit = "cycles",  \
        .argument = (uint64_t) & (kind), .setup = source_setup, .prepare = make_dest, \
        .sample = delete_sample, .teardown = source_teardown,                         \
    }
#define DELETE_COPY(kind, text)                                                       \
    {                                                                                 \
        .name = "caps.delete", .params = "type=" text ",copies=2", .unit = "cycles",  \
        .argument = (uint64_t) & (kind), .setup = object_setup, .prepare = copy_dest, \
        .sample = delete_sample, .teardown = object_teardown,                         \
    }

#define MAP(row, ...)                                                                           \
    {                                                                                           \
        .name = (row), .params = "type=Frame,bytes=4096", .unit = "cycles", .setup = map_setup, \
        .teardown = map_teardown, __VA_ARGS__                                                   \
    }

/* Each repetition makes hundreds of trace events, and the trace is drained between benches only. */
#define REPETITIONS_16  100
#define REPETITIONS_64  40
#define REPETITIONS_256 10

#define REVOKE(row, family, text, count, function)                                                 \
    {                                                                                              \
        .name = (row), .params = text, .unit = "cycles", .argument = (uint64_t) & (family),        \
        .repetitions = (count), .setup = many_setup, .prepare = make_family, .sample = (function), \
        .teardown = many_teardown,                                                                 \
    }
#define DELETE_FULL(row, text, function)                                                                   \
    {                                                                                                      \
        .name = (row), .params = text, .unit = "cycles", .repetitions = REPETITIONS_256,                   \
        .setup = cnode_setup, .prepare = make_full_cnode, .sample = (function), .teardown = many_teardown, \
    }

#define CROWD(text, count, ...)                                                                         \
    {                                                                                                   \
        .name = "caps.longest", .params = (text), .unit = "cycles", .repetitions = (count), __VA_ARGS__ \
    }

static const struct bench benches[] = {
    COPY(ram, "RAM"),
    COPY(frame, "Frame"),
    COPY(l2_cnode, "L2CNode"),
    COPY(endpoint, "EndPoint"),
    MINT(frame, "Frame", mint_rights_sample),
    MINT(endpoint, "EndPoint", mint_endpoint_sample),
    RETYPE(ram, "RAM"),
    RETYPE(frame, "Frame"),
    RETYPE(l2_cnode, "L2CNode"),
    RETYPE(page_table, "VNode_AARCH64_l3"),
    RETYPE(dispatcher, "Dispatcher"),
    RETYPE(endpoint, "EndPoint"),
    DELETE_LAST(ram, "RAM"),
    DELETE_LAST(frame, "Frame"),
    DELETE_LAST(l2_cnode, "L2CNode"),
    DELETE_LAST(page_table, "VNode_AARCH64_l3"),
    DELETE_LAST(dispatcher, "Dispatcher"),
    DELETE_COPY(frame, "Frame"),
    DELETE_COPY(l2_cnode, "L2CNode"),
    MAP("caps.map", .sample = map_sample, .cleanup = map_undo),
    MAP("caps.unmap", .prepare = map_do, .sample = unmap_sample),
    MAP("caps.protect", .prepare = map_do, .sample = protect_sample, .cleanup = map_undo),
    DELETE_FULL("caps.delete", "type=L2CNode,full=256", delete_full_sample),
    REVOKE("caps.revoke", one, "descendants=1,depth=1", 0, revoke_sample),
    REVOKE("caps.revoke", sixteen, "descendants=16,depth=1", REPETITIONS_16, revoke_sample),
    REVOKE("caps.revoke", sixty_four, "descendants=64,depth=1", REPETITIONS_64, revoke_sample),
    REVOKE("caps.revoke", four_deep, "descendants=64,depth=4", REPETITIONS_64, revoke_sample),
    REVOKE("caps.revoke", sixteen_deep, "descendants=64,depth=16", REPETITIONS_64, revoke_sample),
    REVOKE("caps.revoke", sixty_four_deep, "descendants=64,depth=64", REPETITIONS_64, revoke_sample),
    REVOKE("caps.revoke", most, "descendants=256,depth=1", REPETITIONS_256, revoke_sample),
    REVOKE("caps.longest", most, "operation=revoke,descendants=256", REPETITIONS_256, longest_revoke_sample),
    DELETE_FULL("caps.longest", "operation=delete,full=256", longest_delete_sample),
    CROWD("operation=copy,capabilities=100000", REPETITIONS_16, .setup = crowd_setup,
          .sample = crowd_copy_sample, .cleanup = crowd_empty_dest),
    CROWD("operation=mint,capabilities=100000", REPETITIONS_16, .setup = crowd_setup,
          .sample = crowd_mint_sample, .cleanup = crowd_empty_dest),
    CROWD("operation=retype,capabilities=100000", REPETITIONS_16, .setup = crowd_setup,
          .sample = crowd_retype_sample, .cleanup = crowd_empty_near),
    CROWD("operation=revoke,descendants=100000", 1, .setup = crowd_revoke, .sample = crowd_sample),
    CROWD("operation=delete,full=100000", 1, .setup = crowd_delete, .sample = crowd_sample),
};

BENCH_SUITE(caps, benches);
