#include "cores.h"

#include "core_console.h"
#include "intermon.h"
#include "shared_memory.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/spawn.h>
#include <aos/threads.h>
#include <services/mem/ram/share.h>
#include <stdio.h>

/// What a core may take from its start until its monitor says HELLO, also where all are emulated in turns.
#define COMES_WITHIN_US 1000000UL

static struct {
    unsigned wanted;   ///< Cores that are to run, with this one.
    uint64_t expected; ///< That were started and have not said HELLO: bit n is core n.
} cores;

bool cores_runs(coreid_t core)
{
    return core < CORES_MAX && intermon_running() >> core & 1;
}

uint64_t cores_running(void)
{
    return intermon_running();
}

/// The capability of one core alone, which is made once: the kernel makes no second one of a range.
static errval_t one_core(coreid_t core, struct capref *ret)
{
    static struct capref all[CORES_MAX];
    if (core >= CORES_MAX) {
        return MON_ERR_NO_CORE;
    }
    if (capref_is_null(all[core])) {
        errval_t err = slot_alloc(ret);
        if (err_is_ok(err)) {
            err = cap_retype(*ret, cap_core, core, ObjType_Core, 1, 1);
            if (err_is_fail(err)) {
                slot_free(*ret);
            }
        }
        if (err_is_fail(err)) {
            return err;
        }
        all[core] = *ret;
    }
    *ret = all[core];
    return SYS_ERR_OK;
}

errval_t cores_grant_wake(coreid_t core, struct capref *ret)
{
    struct capref one;
    errval_t err = one_core(core, &one);
    if (err_is_ok(err)) {
        err = slot_alloc(ret);
    }
    if (err_is_ok(err)) {
        err = cap_mint(*ret, one, CAPRIGHTS_WRITE | CAPRIGHTS_GRANT, 0);
        if (err_is_fail(err)) {
            slot_free(*ret);
        }
    }
    return err;
}

/* The first core's. */

static void note_hello(coreid_t core)
{
    cores.expected &= ~(1UL << core);
}

static void report_missing(void)
{
    for (unsigned core = 1; core < cores.wanted; core++) {
        if (cores.expected >> core & 1) {
            unsigned state = CORE_STATE_OFF;
            core_status(cap_core, (coreid_t)core, &state);
            printf("init: core %u has not come, its kernel %s; going on without it\n", core,
                   state == CORE_STATE_RUNS ? "runs" : "does not run");
        }
    }
    cores.expected = 0;
}

/// Handles what comes until all have come, or their time is over. Nothing else runs on this core yet.
static void wait_for_others(void)
{
    const uint64_t deadline_us = clock_now_us() + COMES_WITHIN_US;
    while (cores.expected && clock_now_us() < deadline_us) {
        if (event_dispatch_non_block(get_default_waitset()) == LIB_ERR_NO_EVENT) {
            thread_yield();
        }
    }
}

/// A trace ring for a core, if this one has one. \param ret NULL_CAP if not
static errval_t make_trace_ring(struct capref *ret)
{
    struct capability_info info;
    *ret = NULL_CAP;
    if (err_is_fail(cap_identify(cap_trace, &info))) {
        return SYS_ERR_OK;
    }
    errval_t err = slot_alloc(ret);
    if (err_is_ok(err)) {
        err = ram_alloc_object(*ret, ObjType_Frame, info.bytes, LARGE_PAGE_SIZE);
    }
    return err;
}

/// What fails leaves its memory where it is: it happens once.
static errval_t start(coreid_t core, gensize_t bytes, struct capref shared)
{
    struct capref ram, trace;
    errval_t err = make_trace_ring(&trace);
    if (err_is_fail(err)) {
        return err;
    }
    do {
        bytes = ROUND_DOWN(bytes, LARGE_PAGE_SIZE);
        err = ram_alloc_aligned(&ram, bytes, LARGE_PAGE_SIZE);
        bytes -= bytes / 8;
    } while (err_is_fail(err) && bytes >= CORE_RAM_MIN_BYTES);
    if (err_is_ok(err)) {
        err = core_start(cap_core, core, ram, shared, trace);
        if (err_is_ok(err)) {
            slot_free(ram);
        } else {
            ram_free(ram);
        }
    }
    return err;
}

static errval_t open_channels(unsigned count, struct capref *shared)
{
    void *memory;
    const size_t bytes = ROUND_UP(intermon_bytes(count), BASE_PAGE_SIZE);
    errval_t err = shared_memory_make(bytes, shared, &memory);
    return err_is_ok(err) ? intermon_open(memory, count, cap_core) : err;
}

static void start_others(struct capref shared)
{
    const gensize_t bytes = ram_first_share(ram_alloc_free_bytes(), cores.wanted, CORE_RAM_MIN_BYTES);
    for (unsigned core = 1; core < cores.wanted; core++) {
        errval_t err = start((coreid_t)core, bytes, shared);
        if (err_is_ok(err)) {
            cores.expected |= 1UL << core;
        } else {
            DEBUG_ERR(err, "starting core %u; going on without it", core);
        }
    }
}

errval_t cores_start(unsigned wanted)
{
    const unsigned all = bootinfo_get()->cores < CORES_MAX ? bootinfo_get()->cores : CORES_MAX;
    struct capref shared;
    cores.wanted = wanted && wanted < all ? wanted : all;
    core_console_serve();
    if (cores.wanted == 1) {
        return SYS_ERR_OK;
    }
    errval_t err = open_channels(all, &shared);
    if (err_is_fail(err)) {
        return err;
    }
    intermon_on_hello(note_hello);
    start_others(shared);
    intermon_say_hello();
    wait_for_others();
    report_missing();
    return SYS_ERR_OK;
}

/* All others'. */

errval_t cores_join(void)
{
    struct capability_info info;
    void *memory;
    errval_t err = cap_identify(cap_urpc, &info);
    if (err_is_ok(err)) {
        err = paging_map_frame_attr(get_current_paging_state(), &memory, info.bytes, cap_urpc,
                                    VREGION_FLAGS_READ_WRITE);
    }
    if (err_is_ok(err)) {
        err = intermon_open(memory, bootinfo_get()->cores, cap_core);
    }
    if (err_is_ok(err)) {
        core_console_use();
        intermon_say_hello();
    }
    return err;
}
