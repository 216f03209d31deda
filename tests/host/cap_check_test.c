/**
 * The checker itself: it accepts a sound database and names each kind of damage.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/mdb.h>
#include <string.h>

enum {
    RAM,
    FIRST,
    SECOND,
    THIRD,
    COPY,
    VNODE,
    FRAME,
    MAPPING,
    SLOTS = 16
};

static struct cte *s;

static int set_up(void **state)
{
    (void)state;
    s = fake_kernel_start(SLOTS);
    caps_create(&s[RAM], ObjType_RAM, arena_take(0x10000, 0x10000), 0x10000);
    assert_ok(caps_retype(&s[FIRST], ObjType_RAM, 0x1000, 3, &s[RAM], 0));
    assert_ok(caps_copy(&s[COPY], &s[SECOND]));
    assert_ok(caps_retype(&s[VNODE], ObjType_VNode_AARCH64_l3, 0, 1, &s[RAM], 0x4000));
    assert_ok(caps_retype(&s[FRAME], ObjType_Frame, 0x1000, 1, &s[RAM], 0x5000));
    assert_ok(caps_map(&s[VNODE], &s[FRAME], &s[MAPPING], 0, 1, VREGION_FLAGS_READ, 0));
    assert_sound();
    return 0;
}

static void assert_found(const char *words)
{
    const char *problem = caps_check();
    assert_non_null(problem);
    if (strstr(problem, words) == NULL) {
        fail_msg("found \"%s\" instead of \"%s\"", problem, words);
    }
}

static struct cte *root(void)
{
    return mdb_slot(mdb_roots[REGION_MEMORY]);
}

static void test_empty_is_sound(void **state)
{
    (void)state;
    arena_reset(ARENA_DEFAULT_BASE);
    assert_sound();
}

static void test_tree_damage(void **state)
{
    (void)state;
    const struct cte before = *root();
    root()->mdb.max_end++;
    assert_found("highest end");
    *root() = before;
    root()->mdb.level++;
    assert_found("wrong level");
    root()->mdb.level = 1;
    assert_found("levels do not sink");
    *root() = before;
    root()->mdb.parent = mdb_link(&s[RAM]);
    assert_found("root of a tree has a parent");
    *root() = before;
    root()->mdb.in_tree = false;
    assert_found("not marked");
    *root() = before;
    root()->mdb.child[0] = before.mdb.child[1];
    root()->mdb.child[1] = before.mdb.child[0];
    assert_found("out of order");
    *root() = before;
    root()->mdb.child[1] = 0;
    assert_found("balance");
    *root() = before;
    mdb_slot(before.mdb.child[0])->mdb.parent = 0;
    assert_found("does not know its parent");
}

static void test_type_damage(void **state)
{
    (void)state;
    root()->cap.type = ObjType_IRQ;
    assert_found("another region class");
    root()->cap.type = ObjType_Num;
    assert_found("another region class");
    mdb_roots[REGION_NONE] = mdb_link(&s[RAM]);
    root()->cap.type = ObjType_RAM;
    assert_found("without a region");
}

static void test_region_damage(void **state)
{
    (void)state;
    s[RAM].cap.type = ObjType_Frame;
    assert_found("cannot come from");
    s[RAM].cap.type = ObjType_RAM;
    s[THIRD].cap.bytes = 0;
    assert_found("empty");
}

static void test_partial_overlap(void **state)
{
    (void)state;
    arena_reset(ARENA_DEFAULT_BASE);
    s = arena_take_slots(SLOTS);
    s[0].cap = (struct capability){.base = 0x10000, .bytes = 0x4000, .type = ObjType_RAM};
    s[1].cap = (struct capability){.base = 0x11000, .bytes = 0x1000, .type = ObjType_RAM};
    s[2].cap = (struct capability){.base = 0x12000, .bytes = 0x4000, .type = ObjType_RAM};
    mdb_insert(&s[0]);
    mdb_insert(&s[1]);
    assert_sound();
    mdb_insert(&s[2]);
    assert_found("overlap in part");
}

static void test_copy_damage(void **state)
{
    (void)state;
    s[COPY].mdb.in_tree = true;
    assert_found("two copies");
    s[COPY].mdb.in_tree = false;
    s[COPY].cap.base += 0x1000;
    assert_found("two different objects");
    s[COPY].cap.base -= 0x1000;
    s[COPY].mdb.previous = mdb_link(&s[FIRST]);
    assert_found("ring of copies");
    s[COPY].mdb.previous = mdb_link(&s[SECOND]);
    assert_sound();
    s[SECOND].mdb.next = 0;
    assert_found("ring of copies");
}

static void test_mapping_damage(void **state)
{
    (void)state;
    const uint32_t link = s[FRAME].cap.aux32;
    s[FRAME].cap.aux32 = 0;
    assert_found("do not name each other");
    s[FRAME].cap.aux32 = mdb_link(&s[FIRST]);
    assert_found("not of the type");
    s[FRAME].cap.aux32 = link;
    s[MAPPING].cap.aux32 = 0;
    assert_found("do not name each other");
    s[MAPPING].cap.aux32 = mdb_link(&s[FRAME]);
    assert_sound();
    s[MAPPING].cap.type = ObjType_DevFrame_Mapping;
    assert_found("not of the type");
}

static void test_mapping_of_nothing(void **state)
{
    (void)state;
    s[FRAME].cap.aux32 = 0;
    s[MAPPING].cap.aux32 = 0;
    assert_found("maps nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_is_sound),
        cmocka_unit_test_setup(test_tree_damage, set_up),
        cmocka_unit_test_setup(test_type_damage, set_up),
        cmocka_unit_test_setup(test_region_damage, set_up),
        cmocka_unit_test_setup(test_partial_overlap, set_up),
        cmocka_unit_test_setup(test_copy_damage, set_up),
        cmocka_unit_test_setup(test_mapping_damage, set_up),
        cmocka_unit_test_setup(test_mapping_of_nothing, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
