/**
 * The mapping database against a plain array: random insertions and removals, every question after every
 * step.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <cap/mdb.h>
#include <string.h>

#define SLOTS       96
#define STEPS       200
#define SEEDS       1000
#define WORLD_BASE  0x100000UL
#define WORLD_PAGES 1024

static struct cte *slots;

static bool is_used(size_t i)
{
    return slots[i].cap.type != ObjType_Null;
}

static bool is_same_object(const struct capability *a, const struct capability *b)
{
    return a->base == b->base && a->bytes == b->bytes && a->type == b->type
           && (a->type != ObjType_EndPoint || (a->aux32 == b->aux32 && a->aux64 == b->aux64));
}

static bool is_before(const struct capability *a, const struct capability *b)
{
    if (a->base != b->base) {
        return a->base < b->base;
    }
    if (a->bytes != b->bytes) {
        return a->bytes > b->bytes;
    }
    if (a->type != b->type) {
        return a->type < b->type;
    }
    return a->aux32 != b->aux32 ? a->aux32 < b->aux32 : a->aux64 < b->aux64;
}

static bool overlaps(const struct capability *cap, gensize_t start, gensize_t end)
{
    return cap->base < end && cap->base + cap->bytes > start;
}

/// The first object in order for which `wanted` says yes of those behind `behind` (NULL: of all).
static size_t first_object(const struct capability *behind,
                           bool (*wanted)(const struct capability *, const void *), const void *context)
{
    size_t best = SLOTS;
    for (size_t i = 0; i < SLOTS; i++) {
        if (is_used(i) && (behind == NULL || is_before(behind, &slots[i].cap))
            && wanted(&slots[i].cap, context)
            && (best == SLOTS || is_before(&slots[i].cap, &slots[best].cap))) {
            best = i;
        }
    }
    return best;
}

static bool any(const struct capability *cap, const void *context)
{
    (void)cap, (void)context;
    return true;
}

static bool ends_beyond(const struct capability *cap, const void *context)
{
    return cap->base + cap->bytes > *(const gensize_t *)context;
}

static bool overlaps_range(const struct capability *cap, const void *context)
{
    const gensize_t *range = context;
    return overlaps(cap, range[0], range[1]);
}

static void assert_object(const struct cte *found, size_t expected)
{
    if (expected == SLOTS) {
        assert_null(found);
    } else {
        assert_non_null(found);
        assert_true(is_same_object(&found->cap, &slots[expected].cap));
        assert_true(found->mdb.in_tree);
    }
}

static void check_questions(struct random *random)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (!is_used(i)) {
            continue;
        }
        const struct capability *cap = &slots[i].cap;
        struct cte *node = mdb_find_node(&slots[i]);
        assert_object(node, i);
        assert_ptr_equal(mdb_find_key(cap), node);
        const size_t next = first_object(cap, any, NULL);
        assert_object(mdb_next(node), next);
        if (next != SLOTS) {
            assert_ptr_equal(mdb_previous(mdb_next(node)), node);
        }
        const gensize_t position = cap->base + random_below(random, cap->bytes);
        assert_object(mdb_next_beyond(node, position), first_object(cap, ends_beyond, &position));
        const bool descendants = next != SLOTS && slots[next].cap.base < cap->base + cap->bytes;
        assert_int_equal(mdb_has_descendants(&slots[i]), descendants && cap->type != ObjType_EndPoint);
        size_t copies = 0;
        for (size_t j = 0; j < SLOTS; j++) {
            copies += is_used(j) && is_same_object(cap, &slots[j].cap);
        }
        assert_int_equal(mdb_has_copies(&slots[i]), copies > 1);
    }
    const gensize_t start = WORLD_BASE + random_below(random, WORLD_PAGES * BASE_PAGE_SIZE);
    const gensize_t range[2] = {start, start + 1 + random_below(random, 4 * BASE_PAGE_SIZE)};
    assert_object(mdb_find_overlap(REGION_MEMORY, range[0], range[1]),
                  first_object(NULL, overlaps_range, range));
}

/// Picks a region inside that of `parent` which overlaps nothing made from it.
static bool pick_child(struct random *random, const struct capability *parent, struct capability *child)
{
    static const uint8_t types[] = {ObjType_RAM,   ObjType_RAM,     ObjType_RAM,
                                    ObjType_Frame, ObjType_L2CNode, ObjType_Dispatcher};
    const unsigned type = types[random_below(random, sizeof types)];
    if (parent->type == ObjType_Dispatcher) {
        *child = *parent;
        child->type = ObjType_EndPoint;
        child->aux32 = random_below(random, 3) * 0x500;
        child->aux64 = child->aux32 ? 4 << random_below(random, 2) : 0;
        return true;
    }
    if (parent->type > ObjType_RAM || parent->type > type) {
        return false;
    }
    const gensize_t pages = parent->bytes / BASE_PAGE_SIZE;
    const gensize_t first = random_below(random, pages);
    const gensize_t most = random_below(random, 4) != 0 && pages - first > 4 ? 4 : pages - first;
    gensize_t bytes = (1 + random_below(random, most)) * BASE_PAGE_SIZE;
    if (captable[type].bytes != 0) {
        bytes = captable[type].bytes;
    }
    *child = (struct capability){.base = parent->base + first * BASE_PAGE_SIZE, .bytes = bytes, .type = type};
    if (child->base + bytes > parent->base + parent->bytes || is_same_object(parent, child)) {
        return false;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (is_used(i) && is_before(parent, &slots[i].cap)
            && overlaps(&slots[i].cap, child->base, child->base + bytes)) {
            return false;
        }
    }
    return true;
}

static void insert_something(struct random *random, struct cte *slot, struct cte *original)
{
    struct capability child;
    if (random_below(random, 12) == 0) {
        slot->cap = original->cap;
        slot->cap.aux64 = original->cap.type == ObjType_EndPoint ? original->cap.aux64 : 0;
        mdb_insert_copy(slot, original);
    } else if (pick_child(random, &original->cap, &child)) {
        slot->cap = child;
        struct cte *node = mdb_find_node(original);
        struct cte *behind = mdb_next_beyond(node, child.base);
        if (child.type != ObjType_EndPoint && random_below(random, 2) == 0) {
            mdb_insert_before(slot, behind);
        } else {
            mdb_insert(slot);
        }
    }
}

static void remove_slot(struct cte *slot)
{
    mdb_remove(slot);
    memset(slot, 0, sizeof *slot);
}

static void move_slot(struct cte *to, struct cte *from)
{
    to->cap = from->cap;
    mdb_move(to, from);
    memset(from, 0, sizeof *from);
}

/// A random slot that is in use or not; NULL if there is none.
static struct cte *pick_slot(struct random *random, bool used)
{
    const size_t first = random_below(random, SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        struct cte *slot = &slots[(first + i) % SLOTS];
        if ((slot->cap.type != ObjType_Null) == used) {
            return slot;
        }
    }
    return NULL;
}

static void step(struct random *random, uint64_t growth)
{
    struct cte *used = pick_slot(random, true);
    struct cte *empty = pick_slot(random, false);
    if (used == NULL) {
        empty->cap = (struct capability){.base = WORLD_BASE,
                                         .bytes = WORLD_PAGES * BASE_PAGE_SIZE,
                                         .type = ObjType_PhysAddr};
        mdb_insert(empty);
    } else if (empty == NULL || random_below(random, 10) >= growth) {
        remove_slot(used);
    } else if (random_below(random, 8) == 0) {
        move_slot(empty, used);
    } else {
        for (unsigned tries = 0; tries < 6 && empty->cap.type == ObjType_Null; tries++) {
            insert_something(random, empty, pick_slot(random, true));
        }
    }
}

static void run_seed(uint64_t seed, lpaddr_t physical)
{
    struct random random = random_from_seed(seed);
    arena_reset(physical);
    slots = arena_take_slots(SLOTS);
    const uint64_t growth = 5 + random_below(&random, 5);
    for (unsigned i = 0; i < STEPS; i++) {
        step(&random, growth);
        assert_sound();
        if (i % 8 == 0) {
            check_questions(&random);
        }
    }
    for (size_t i = 0; i < SLOTS; i++) {
        if (is_used(i)) {
            remove_slot(&slots[i]);
            assert_sound();
        }
    }
    assert_int_equal(mdb_roots[REGION_MEMORY], 0);
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(seed, ARENA_DEFAULT_BASE);
    }
}

/// Links are 32 bits wide: slots right below 256 GiB still work.
static void test_highest_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run_seed(seed, ARENA_HIGHEST_BASE);
    }
    arena_reset(ARENA_HIGHEST_BASE);
    arena_take(ARENA_BYTES - sizeof(struct cte), 1);
    struct cte *last = arena_take_slots(1);
    assert_int_equal(mdb_link(last), UINT32_MAX);
    assert_ptr_equal(mdb_slot(UINT32_MAX), last);
    caps_create(last, ObjType_RAM, WORLD_BASE, BASE_PAGE_SIZE);
    assert_sound();
}

/// Ascending, descending and alternating insertions drive every kind of rotation; the tree stays low.
static void test_height(void **state)
{
    (void)state;
    enum {
        COUNT = 4096
    };
    for (unsigned pattern = 0; pattern < 3; pattern++) {
        arena_reset(ARENA_DEFAULT_BASE);
        struct cte *cte = arena_take_slots(COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            const size_t ends = i % 2 ? COUNT - 1 - i / 2 : i / 2;
            const size_t place = pattern == 0 ? i : pattern == 1 ? COUNT - 1 - i : ends;
            cte[i].cap = (struct capability){.base = WORLD_BASE + place * BASE_PAGE_SIZE,
                                             .bytes = BASE_PAGE_SIZE,
                                             .type = ObjType_RAM};
            mdb_insert(&cte[i]);
        }
        assert_sound();
        assert_in_range(mdb_slot(mdb_roots[REGION_MEMORY])->mdb.level, 13, 17);
        for (size_t i = 0; i < COUNT; i += 2) {
            mdb_remove(&cte[i]);
        }
        assert_sound();
        for (size_t i = 1; i < COUNT; i += 2) {
            mdb_remove(&cte[i]);
        }
        assert_int_equal(mdb_roots[REGION_MEMORY], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_highest_memory),
        cmocka_unit_test(test_height),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
