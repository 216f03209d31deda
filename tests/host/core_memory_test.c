/**
 * Which memory a capability from another core may be for: inside one region of RAM and nobody's own, or
 * outside all of them.
 *
 * Sources: kernel/core/memory.c
 */
#include "check.h"

#include <boot/memory.h>
#include <core/core.h>
#include <core/parameters.h>

#define PAGE BASE_PAGE_SIZE

/* Two regions with a kernel's image between them, and one further up. */
#define LOW    0x40000000UL
#define IMAGE  0x40200000UL
#define BEHIND 0x40400000UL
#define HIGH   0x80000000UL
#define OWN    (HIGH + 4 * PAGE)
#define IMAGES 0x40800000UL ///< Of the two other cores.
#define LIMIT  (1UL << 40)

struct core_parameters core_parameters = {
    .cores = 3,
    .first_image = IMAGE,
    .images = IMAGES,
    .region_count = 3,
    .regions = {{LOW, IMAGE - LOW}, {BEHIND, 0x100000}, {HIGH, 16 * PAGE}},
};

bool memory_is_own(lpaddr_t base, gensize_t bytes)
{
    return base < OWN + PAGE && OWN < base + bytes;
}

static void test_memory(void **state)
{
    (void)state;
    const enum objtype types[] = {ObjType_RAM, ObjType_Frame};
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        assert_ok(core_memory_check(types[i], LOW, PAGE));
        assert_ok(core_memory_check(types[i], LOW, IMAGE - LOW));
        assert_ok(core_memory_check(types[i], IMAGE - PAGE, PAGE));
        assert_ok(core_memory_check(types[i], HIGH, 4 * PAGE));
        assert_err(core_memory_check(types[i], LOW - PAGE, 2 * PAGE), SYS_ERR_CREATE_RANGE);
        assert_err(core_memory_check(types[i], IMAGE - PAGE, 2 * PAGE), SYS_ERR_CREATE_RANGE);
        assert_err(core_memory_check(types[i], IMAGE, PAGE), SYS_ERR_CREATE_RANGE);
        assert_err(core_memory_check(types[i], LOW, BEHIND + PAGE - LOW), SYS_ERR_CREATE_RANGE); // across it
        assert_err(core_memory_check(types[i], OWN, PAGE), SYS_ERR_CREATE_RANGE);
        assert_err(core_memory_check(types[i], HIGH, 16 * PAGE), SYS_ERR_CREATE_RANGE);
        assert_err(core_memory_check(types[i], 0, PAGE), SYS_ERR_CREATE_RANGE);
    }
}

static void test_devices(void **state)
{
    (void)state;
    assert_ok(core_memory_check(ObjType_DevFrame, 0x30000000, PAGE));
    assert_ok(core_memory_check(ObjType_DevFrame, LIMIT - PAGE, PAGE));
    assert_err(core_memory_check(ObjType_DevFrame, LOW, PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_DevFrame, LOW - PAGE, 2 * PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_DevFrame, 0, LIMIT), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_DevFrame, IMAGE, PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_DevFrame, IMAGES - PAGE, 2 * PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_DevFrame, IMAGES + 0x400000 - PAGE, PAGE), SYS_ERR_CREATE_RANGE);
    assert_ok(core_memory_check(ObjType_DevFrame, IMAGES + 0x400000, PAGE));
    core_parameters.cores = 1;
    assert_ok(core_memory_check(ObjType_DevFrame, IMAGES, PAGE));
    core_parameters.cores = 3;
}

static void test_beyond_the_end(void **state)
{
    (void)state;
    assert_err(core_memory_check(ObjType_DevFrame, LIMIT, PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_DevFrame, LIMIT - PAGE, 2 * PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_RAM, -PAGE, 2 * PAGE), SYS_ERR_CREATE_RANGE);
    assert_err(core_memory_check(ObjType_RAM, LOW, -PAGE), SYS_ERR_CREATE_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_beyond_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
