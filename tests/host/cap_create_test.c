/**
 * Capabilities that another core's monitor tells of: what overlaps must be a copy, or hold them; and Core
 * capabilities.
 *
 * Sources: kernel/cap tests/host/arena.c tests/host/fake_kernel.c
 */
#include "arena.h"
#include "check.h"
#include "fake_kernel.h"

#include <abi/syscall.h>
#include <cap/mdb.h>
#include <stdlib.h>
#include <string.h>

#define PAGES        16
#define RAM_BYTES    (PAGES * BASE_PAGE_SIZE)
#define LARGE_BYTES  0x40000UL
#define RANDOM_SLOTS 24
#define STEPS        4000
#define SEEDS        20
#define RIGHTS       (CAPRIGHTS_READ | CAPRIGHTS_WRITE)

static struct cte *s;
static lpaddr_t memory;

static int set_up(void **state)
{
    (void)state;
    s = fake_kernel_start(RANDOM_SLOTS + 8);
    memory = arena_take(LARGE_BYTES, LARGE_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_sound();
    return 0;
}

static lpaddr_t page(unsigned number)
{
    return memory + number * BASE_PAGE_SIZE;
}

static errval_t create(unsigned slot, enum objtype type, unsigned first, unsigned pages)
{
    return caps_create_foreign(&s[slot], type, RIGHTS, page(first), pages * BASE_PAGE_SIZE);
}

static void test_new_memory(void **state)
{
    (void)state;
    assert_ok(create(0, ObjType_RAM, 2, 4));
    assert_int_equal(s[0].cap.type, ObjType_RAM);
    assert_int_equal(s[0].cap.rights, RIGHTS);
    assert_int_equal(s[0].cap.base, page(2));
    assert_int_equal(s[0].cap.bytes, 4 * BASE_PAGE_SIZE);
    assert_err(create(0, ObjType_Frame, 8, 1), SYS_ERR_SLOT_IN_USE);
    assert_ok(create(1, ObjType_Frame, 6, 1)); // side by side
    assert_ok(create(2, ObjType_DevFrame, 1, 1));
    assert_ok(caps_delete(&s[0]));
    assert_ok(create(0, ObjType_DevFrame, 2, 4));
}

static void test_copies(void **state)
{
    (void)state;
    assert_ok(create(0, ObjType_Frame, 0, 4));
    assert_ok(caps_create_foreign(&s[1], ObjType_Frame, CAPRIGHTS_READ, page(0), 4 * BASE_PAGE_SIZE));
    assert_int_equal(s[1].cap.rights, CAPRIGHTS_READ);
    assert_true(mdb_has_copies(&s[0]));
    assert_ok(caps_delete(&s[0]));
    assert_int_equal(s[1].cap.base, page(0));
}

static void test_descendants(void **state)
{
    (void)state;
    assert_ok(create(0, ObjType_RAM, 0, 8));
    assert_ok(create(1, ObjType_RAM, 2, 4));
    assert_ok(create(2, ObjType_Frame, 3, 1));
    assert_ok(create(3, ObjType_Frame, 6, 2));
    assert_ok(create(4, ObjType_Frame, 7, 1)); // of a frame
    assert_err(create(5, ObjType_DevFrame, 0, 1), SYS_ERR_CREATE_OVERLAP);
    assert_err(create(5, ObjType_RAM, 6, 1), SYS_ERR_CREATE_OVERLAP); // inside a frame
    assert_true(mdb_has_descendants(&s[1]));
    s[0].cap.rights = CAPRIGHTS_ALL;
    assert_ok(caps_revoke(&s[0]));
    for (unsigned i = 1; i <= 4; i++) {
        assert_int_equal(s[i].cap.type, ObjType_Null);
    }
}

static void test_overlaps(void **state)
{
    (void)state;
    assert_ok(create(0, ObjType_RAM, 4, 4));
    assert_err(create(1, ObjType_RAM, 2, 3), SYS_ERR_CREATE_OVERLAP);
    assert_err(create(1, ObjType_RAM, 7, 3), SYS_ERR_CREATE_OVERLAP);
    assert_err(create(1, ObjType_RAM, 0, 16), SYS_ERR_CREATE_OVERLAP); // around it
    assert_err(create(1, ObjType_RAM, 4, 5), SYS_ERR_CREATE_OVERLAP);
    assert_ok(create(1, ObjType_Frame, 5, 1));
    assert_err(create(2, ObjType_Frame, 4, 4), SYS_ERR_CREATE_OVERLAP); // around a frame
    assert_err(create(2, ObjType_RAM, 5, 1), SYS_ERR_CREATE_OVERLAP);
    assert_ok(caps_delete(&s[1]));
    assert_ok(create(2, ObjType_Frame, 4, 4)); // all of the RAM
    assert_int_equal(s[1].cap.type, ObjType_Null);
}

static void test_arguments(void **state)
{
    (void)state;
    assert_err(create(0, ObjType_L2CNode, 0, 4), SYS_ERR_INVALID_ARGUMENT);
    assert_err(create(0, ObjType_PhysAddr, 0, 4), SYS_ERR_INVALID_ARGUMENT);
    assert_err(create(0, ObjType_Kernel, 0, 4), SYS_ERR_INVALID_ARGUMENT);
    assert_err(create(0, ObjType_RAM, 0, 0), SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_create_foreign(&s[0], ObjType_RAM, RIGHTS, page(0) + 1, BASE_PAGE_SIZE),
               SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_create_foreign(&s[0], ObjType_RAM, RIGHTS, page(0), BASE_PAGE_SIZE + 8),
               SYS_ERR_INVALID_ARGUMENT);
    assert_err(caps_create_foreign(&s[0], ObjType_RAM, RIGHTS, -BASE_PAGE_SIZE, 2 * BASE_PAGE_SIZE),
               SYS_ERR_INVALID_ARGUMENT);
    assert_int_equal(s[0].cap.type, ObjType_Null);
}

/// Memory that was cleared for an object to come is cleared again if it was somebody's meanwhile.
static void test_cleared_memory_is_not_trusted(void **state)
{
    (void)state;
    memset(phys_to_virt(memory), 0xa5, LARGE_BYTES);
    assert_ok(create(0, ObjType_RAM, 0, LARGE_BYTES / BASE_PAGE_SIZE));
    assert_err(caps_retype(&s[1], ObjType_Frame, LARGE_BYTES, 1, &s[0], 0), SYS_ERR_RESTART);
    assert_ok(create(2, ObjType_Frame, 0, 1));
    memset(phys_to_virt(memory), 0xa5, BASE_PAGE_SIZE);
    assert_ok(caps_delete(&s[2]));
    errval_t err;
    do {
        err = caps_retype(&s[1], ObjType_Frame, LARGE_BYTES, 1, &s[0], 0);
    } while (err == SYS_ERR_RESTART);
    assert_ok(err);
    const unsigned char *bytes = phys_to_virt(memory);
    for (size_t i = 0; i < LARGE_BYTES; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

/// True if a new one may stand beside what is in a slot; `is_known` if they are the same object.
static bool agrees(unsigned slot, enum objtype type, unsigned first, unsigned pages, bool *is_known)
{
    const struct capability *cap = &s[slot].cap;
    const lpaddr_t base = page(first), end = page(first + pages);
    if (cap->type == ObjType_Null || cap->base >= end || cap->base + cap->bytes <= base) {
        return true;
    }
    if (cap->type == type && cap->base == base && cap->base + cap->bytes == end) {
        *is_known = true;
        return true;
    }
    const bool holds = cap->base <= base && cap->base + cap->bytes >= end;
    const bool is_source = cap->type == ObjType_RAM ? type != ObjType_DevFrame : cap->type == type;
    return holds && is_source;
}

static void test_random(void **state)
{
    (void)state;
    static const enum objtype types[] = {ObjType_RAM, ObjType_Frame, ObjType_DevFrame};
    unsigned made = 0, refused = 0;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        srand(seed);
        for (unsigned step = 0; step < STEPS; step++) {
            const unsigned slot = (unsigned)rand() % RANDOM_SLOTS;
            if (s[slot].cap.type != ObjType_Null) {
                assert_ok(caps_delete(&s[slot]));
                continue;
            }
            const enum objtype type = types[(unsigned)rand() % 3];
            const unsigned first = (unsigned)rand() % PAGES, pages = 1 + (unsigned)rand() % (PAGES - first);
            bool all_agree = true, is_known = false;
            for (unsigned other = 0; other < RANDOM_SLOTS; other++) {
                all_agree &= agrees(other, type, first, pages, &is_known);
            }
            const errval_t err = create(slot, type, first, pages);
            assert_int_equal(err, all_agree || is_known ? SYS_ERR_OK : SYS_ERR_CREATE_OVERLAP);
            made += err_is_ok(err);
            refused += err_is_fail(err);
            if (step % 16 == 0) {
                assert_sound();
            }
        }
    }
    assert_true(made > 1000 && refused > 1000);
}

static void test_cores(void **state)
{
    (void)state;
    caps_create(&s[0], ObjType_Core, 0, 16);
    assert_ok(caps_mint(&s[1], &s[0], CAPRIGHTS_WRITE, 0));
    assert_int_equal(s[1].cap.rights, CAPRIGHTS_WRITE);
    assert_err(caps_mint(&s[2], &s[1], CAPRIGHTS_CONTROL, 0), SYS_ERR_RIGHTS);
    assert_ok(caps_retype(&s[2], ObjType_Core, 1, 2, &s[0], 5));
    assert_int_equal(s[3].cap.base, 6);
    assert_int_equal(s[3].cap.bytes, 1);
    assert_err(caps_retype(&s[4], ObjType_Core, 2, 1, &s[0], 6), SYS_ERR_REVOKE_FIRST);
    assert_err(caps_retype(&s[4], ObjType_Core, 1, 1, &s[0], 16), SYS_ERR_RETYPE_RANGE);
    assert_err(caps_retype(&s[4], ObjType_IRQ, 1, 1, &s[0], 8), SYS_ERR_INVALID_RETYPE);
    /* Numbers of cores are not numbers of interrupts. */
    caps_create(&s[4], ObjType_IRQ, 0, 16);
    assert_ok(caps_revoke(&s[0]));
    assert_int_equal(s[2].cap.type, ObjType_Null);
    assert_int_equal(s[4].cap.type, ObjType_IRQ);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_descendants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cleared_memory_is_not_trusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cores, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
