#include "core_test.h"

#include <aos/aos.h>
#include <aos/core.h>
#include <aos/kernel.h>
#include <aos/spawn.h>
#include <rt/syscall.h>
#include <stdio.h>
#include <string.h>

#define GROUP    3
#define SLEEP_US 200
#define MARK     0x4000000000000000UL

/// The next wait returns at once if news come after this.
static void look(void)
{
    struct dispatcher_shared *disp = curdispatcher();
    const uint32_t delivered = *(volatile uint32_t *)&disp->any.delivered;
    *(volatile uint32_t *)&disp->any.consumed = delivered;
    atomic_signal_fence(memory_order_seq_cst);
}

void core_test_wait(void)
{
    sys_lmp(SYS_LMP, (uint64_t)LMP_WAIT_ANY << 32, 0, 0, 0, 0, 0, 0, 0, 0);
}

uint32_t core_test_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545f4914f6cdd1d >> 32);
}

/// Takes one hop of those that are left. \return false if there is none
static bool take_hop(struct core_test *test)
{
    uint32_t left = atomic_load(&test->hops);
    while (left != 0 && !atomic_compare_exchange_weak(&test->hops, &left, left - 1)) {
    }
    return left != 0;
}

static void wake(coreid_t core)
{
    errval_t err = core_wake(cap_core, core, GROUP);
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "waking core %u", (unsigned)core);
    }
}

static void pass_one(struct core_test *test, coreid_t self, uint64_t *random, bool quietly)
{
    const coreid_t to = core_test_random(random) % test->cores;
    struct core_test_line *line = &test->lines[to];
    atomic_fetch_add(&line->tokens, 1);
    test->lines[self].passed++;
    if (to != self && (!quietly || atomic_load(&line->waits) != 0)) {
        wake(to);
    }
}

static void wake_all(struct core_test *test, coreid_t self)
{
    for (coreid_t core = 0; core < test->cores; core++) {
        if (core != self) {
            wake(core);
        }
    }
}

void core_test_pass(struct core_test *test, coreid_t self, bool quietly)
{
    struct core_test_line *line = &test->lines[self];
    uint64_t random = test->seed * 77 + self + 1;
    while (atomic_load(&test->hops) != 0) {
        look();
        atomic_store(&line->waits, 1);
        if (atomic_load(&line->tokens) == 0 && atomic_load(&test->hops) != 0) {
            core_test_wait();
        }
        atomic_store(&line->waits, 0);
        for (uint32_t here = atomic_exchange(&line->tokens, 0); here != 0; here--) {
            if (take_hop(test)) {
                pass_one(test, self, &random, quietly);
            } else {
                wake_all(test, self); // the end: everybody is to see it
            }
        }
    }
    wake_all(test, self);
}

static volatile bool is_resumed;

/// Never gives way: it is the timer that lets the other thread run.
static int count_up(void *line)
{
    while (!is_resumed) {
        atomic_fetch_add(&((struct core_test_line *)line)->ticks, 1);
    }
    return 0;
}

/// Floating point registers, which init's own code does not use, callee-saved ones, and the stack survive.
static bool park_with_registers(coreid_t self)
{
    uint64_t d8, d31;
    const uint64_t before = cycle_count();
    __asm__ volatile("fmov d8, %x0\n\tfmov d31, %x0" : : "r"(MARK + self));
    errval_t err = core_park(cap_core, self);
    __asm__ volatile("fmov %x0, d8\n\tfmov %x1, d31" : "=r"(d8), "=r"(d31));
    return err_is_ok(err) && d8 == MARK + self && d31 == d8 && cycle_count() > before;
}

/// The other thread gets on: the timer wakes this one, and ends that one's slices.
static void wait_for_ticks(const struct core_test_line *line)
{
    const uint32_t ticks = atomic_load(&line->ticks);
    do {
        thread_sleep_us(SLEEP_US);
    } while (atomic_load(&line->ticks) == ticks);
}

/// Parks with another thread under way, which goes on afterwards.
static void park(struct core_test_line *line, coreid_t self)
{
    struct thread *counter;
    is_resumed = false;
    if (err_is_fail(thread_create(count_up, line, &counter))) {
        return;
    }
    wait_for_ticks(line);
    const bool good = park_with_registers(self);
    wait_for_ticks(line);
    is_resumed = true;
    line->value = good && err_is_ok(thread_join(counter, NULL)) && kernel_check_capabilities();
}

/// The first core's capability for its frame is made here too.
static void create(struct core_test_line *line, coreid_t self)
{
    struct capability_info info;
    struct capref copy, overlap;
    errval_t err = cap_identify(cap_urpc, &info);
    line->value =
        err_is_ok(err) && err_is_ok(slot_alloc(&copy)) && err_is_ok(slot_alloc(&overlap))
        && kernel_create_capability(copy, ObjType_Frame, CAPRIGHTS_READ, info.base, info.bytes) == SYS_ERR_OK
        && kernel_create_capability(overlap, ObjType_RAM, CAPRIGHTS_ALL, info.base, info.bytes)
               == SYS_ERR_CREATE_OVERLAP
        && kernel_print("x", 1) == SYS_ERR_ILLEGAL_INVOCATION
        && core_start(cap_core, self, copy, copy, NULL_CAP) == SYS_ERR_INVALID_ARGUMENT
        && core_park(cap_core, 0) == SYS_ERR_CORE_NUMBER && core_resume(cap_core, 0) == SYS_ERR_CORE_STATE
        && kernel_check_capabilities();
}

static void obey(struct core_test *test, coreid_t self, uint32_t command)
{
    struct core_test_line *line = &test->lines[self];
    switch (command) {
    case CORE_TEST_PARK:
        park(line, self);
        break;
    case CORE_TEST_PASS:
        core_test_pass(test, self, false);
        break;
    case CORE_TEST_PASS_QUIETLY:
        core_test_pass(test, self, true);
        break;
    case CORE_TEST_CREATE:
        create(line, self);
        break;
    case CORE_TEST_UMP:
        line->value = ump_test_exchange(&test->ump, test->ump_memory, 1);
        break;
    default:
        break;
    }
}

void core_agent_run(void)
{
    const struct bootinfo *info = bootinfo_get();
    const coreid_t self = info->core;
    struct core_test *test;
    errval_t err = paging_map_frame_attr(get_current_paging_state(), (void **)&test, sizeof(*test), cap_urpc,
                                         VREGION_FLAGS_READ_WRITE);
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "mapping the frame of the test");
    }
    disp_hear_wakes(GROUP);
    struct core_test_line *line = &test->lines[self];
    snprintf(line->text, sizeof(line->text), "init on core %u of %u, %lu MiB of RAM", (unsigned)self,
             (unsigned)info->cores, (unsigned long)(ram_alloc_free_bytes() >> 20));
    line->value = 1;
    for (;;) {
        atomic_store(&line->command, CORE_TEST_DONE);
        uint32_t command;
        look();
        while ((command = atomic_load(&line->command)) == CORE_TEST_DONE) {
            core_test_wait();
            look();
        }
        obey(test, self, command);
    }
}
