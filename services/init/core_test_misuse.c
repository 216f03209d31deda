/**
 * What nobody should do with cores, and with memory of others: it gives errors, each the right one.
 */
#include "core_test.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/spawn.h>
#include <rt/syscall.h>
#include <stdio.h>

#define GROUP    3
#define CREATES  5000
#define COMMANDS 5000

bool core_test_failed(const char *what, coreid_t core, errval_t err)
{
    printf("cores: core %u: %s: %s: FAILED\n", (unsigned)core, what, err_getstring(err));
    return false;
}

bool core_test_expect(const char *what, coreid_t core, errval_t err, errval_t expected)
{
    return err == expected || core_test_failed(what, core, err);
}

/// Whoever may only wake may do nothing else, and whoever may not wake may do the rest.
static bool rights_hold(struct capref shared)
{
    struct capref wakes = NULL_CAP, controls = NULL_CAP;
    unsigned state;
    errval_t err = slot_alloc(&wakes);
    if (err_is_ok(err)) {
        err = slot_alloc(&controls);
    }
    if (err_is_ok(err)) {
        err = cap_mint(wakes, cap_core, CAPRIGHTS_WRITE, 0);
    }
    if (err_is_ok(err)) {
        err = cap_mint(controls, cap_core, CAPRIGHTS_CONTROL, 0);
    }
    if (err_is_fail(err)) {
        return core_test_failed("rights", 0, err);
    }
    bool good =
        core_test_expect("wake", 0, core_wake(wakes, 0, GROUP), SYS_ERR_OK)
        && core_test_expect("status", 0, core_status(wakes, 0, &state), SYS_ERR_RIGHTS)
        && core_test_expect("start", 0, core_start(wakes, 0, shared, shared, NULL_CAP), SYS_ERR_RIGHTS)
        && core_test_expect("park", 0, core_park(wakes, 0), SYS_ERR_RIGHTS)
        && core_test_expect("resume", 0, core_resume(wakes, 0), SYS_ERR_RIGHTS)
        && core_test_expect("wake", 0, core_wake(controls, 0, GROUP), SYS_ERR_RIGHTS)
        && core_test_expect("status", 0, core_status(controls, 0, &state), SYS_ERR_OK)
        && state == CORE_STATE_RUNS;
    cap_destroy(wakes);
    cap_destroy(controls);
    return good;
}

/// A number that is often the beginning or end of some memory, or near it.
static genpaddr_t any_address(uint64_t *random)
{
    const struct bootinfo *info = bootinfo_get();
    const uint64_t number = core_test_random(random);
    const struct boot_region *region = &info->regions[number % info->region_count];
    const genpaddr_t near[] = {0,
                               1UL << 40,
                               UINT64_MAX & ~(BASE_PAGE_SIZE - 1),
                               region->base,
                               region->base + region->bytes,
                               info->devices[0].base,
                               0x40000000};
    return near[number / 64 % ARRAY_LENGTH(near)] + (number / 1024 % 64 - 32) * BASE_PAGE_SIZE / 2;
}

/// Capabilities for anything, anywhere: an error, or one that can be deleted. What the checker says of it
/// comes at the end.
static bool create_anything(uint64_t seed)
{
    uint64_t random = seed;
    unsigned made = 0, refused = 0;
    struct capref slot;
    bool good = core_test_expect("slot", 0, slot_alloc(&slot), SYS_ERR_OK);
    for (unsigned i = 0; i < CREATES && good; i++) {
        const enum objtype type =
            (enum objtype)(core_test_random(&random) % (i % 4 ? ObjType_DevFrame + 1 : 256));
        const genpaddr_t base = any_address(&random);
        const gensize_t bytes = core_test_random(&random) % 4
                                    ? (core_test_random(&random) % 64) * BASE_PAGE_SIZE
                                    : any_address(&random);
        errval_t err = kernel_create_capability(slot, type, core_test_random(&random) % 40, base, bytes);
        made += err_is_ok(err);
        refused += err == SYS_ERR_CREATE_RANGE || err == SYS_ERR_CREATE_OVERLAP;
        good = err_is_fail(err) || core_test_expect("delete", 0, cap_delete(slot), SYS_ERR_OK);
    }
    printf("cores: %u capabilities made from nowhere, %u refused: %s\n", made, refused,
           good && made > 10 && refused > 100 ? "ok" : "FAILED");
    return good && made > 10 && refused > 100;
}

/// Any command with any arguments: none of these can work but to ask and to wake.
static bool command_anything(const struct core_test *test, struct capref shared)
{
    uint64_t random = test->seed;
    const capaddr_t caps[] = {0,
                              TASKCN_SLOT_ROOTCN,
                              TASKCN_SLOT_CORE,
                              TASKCN_SLOT_BOOTINFO,
                              get_cap_addr(shared),
                              ROOTCN_MEMORY << L2_CNODE_BITS,
                              UINT32_MAX};
    for (unsigned i = 0; i < COMMANDS; i++) {
        const unsigned command = core_test_random(&random) % 7;
        const uint64_t core =
            core_test_random(&random) % 4 ? core_test_random(&random) % 3 : any_address(&random);
        uint64_t more[3];
        for (unsigned j = 0; j < ARRAY_LENGTH(more); j++) {
            more[j] = caps[core_test_random(&random) % ARRAY_LENGTH(caps)];
        }
        const errval_t err = sys_invoke(TASKCN_SLOT_CORE, command, core, more[0], more[1], more[2], 0, 0).err;
        if (err_is_ok(err)
            != (core < test->cores
                && (command == CORE_STATUS || (command == CORE_WAKE && more[0] < CORE_WAKE_GROUPS)))) {
            printf("cores: command %u, core %#lx, %#lx: %s: FAILED\n", command, (unsigned long)core,
                   (unsigned long)more[0], err_getstring(err));
            return false;
        }
    }
    return true;
}

bool core_test_misuse(const struct core_test *test, struct capref shared)
{
    return rights_hold(shared) && create_anything(test->seed) && command_anything(test, shared);
}
