#include <arch/armv8/gic.h>
#include <arch/armv8/psci.h>
#include <arch/armv8/sgi.h>
#include <arch/armv8/sysreg.h>
#include <arch/armv8/timer.h>
#include <core/core.h>
#include <core/parameters.h>

#define HALT_WAIT_PER_SECOND 10 ///< How long others get to stop: a tenth of a second.

static struct core_line *lines;
static unsigned count = 1;

void core_init(unsigned cores, lpaddr_t base, lpaddr_t image)
{
    memory_zero(base, CORE_LINES_BYTES);
    lines = phys_to_virt(base);
    count = cores;
    lines[0].image = image;
    core_set_state(CORE_STATE_RUNS);
}

void core_init_secondary(unsigned cores, lpaddr_t base)
{
    if (gic_core() != core_number()) {
        panic("this is core %u, and it was started as core %u", gic_core(), core_number());
    }
    lines = phys_to_virt(base);
    count = cores;
}

coreid_t core_number(void)
{
    return core_parameters.core;
}

bool core_is_first(void)
{
    return core_number() == 0;
}

unsigned core_count(void)
{
    return count;
}

bool core_has_lines(void)
{
    return lines != NULL;
}

struct core_line *core_line(coreid_t core)
{
    return &lines[core];
}

/// As PSCI names a core.
static uint64_t target_of(coreid_t core)
{
    const uint64_t affinity = gic_affinity(core);
    return (affinity & 0xffffff) | (affinity & 0xff000000) << 8;
}

int64_t core_switch_on(coreid_t core, lpaddr_t entry)
{
    return psci_cpu_on(target_of(core), entry);
}

unsigned core_state(coreid_t core)
{
    const unsigned state = __atomic_load_n(&lines[core].state, __ATOMIC_ACQUIRE);
    if (state == CORE_STATE_PARKED && psci_affinity(target_of(core)) != PSCI_AFFINITY_OFF) {
        return CORE_STATE_RUNS;
    }
    return state;
}

void core_set_state(unsigned state)
{
    __atomic_store_n(&lines[core_number()].state, state, __ATOMIC_RELEASE);
}

void core_halt(void)
{
    gic_park_core(); // or what is pending would end each WFI at once
    core_set_state(CORE_HALTED);
    for (;;) {
        wfi();
    }
}

/// True if a core would still execute something.
static bool is_active(coreid_t core)
{
    return core != core_number() && core_state(core) == CORE_STATE_RUNS;
}

void core_halt_others(void)
{
    if (lines == NULL || count == 1) {
        return;
    }
    sgi_send_to(SGI_ALL_OTHERS, GIC_SGI_HALT);
    const uint64_t end = timer_counter() + timer_counter_hz() / HALT_WAIT_PER_SECOND;
    for (coreid_t core = 0; core < count; core++) {
        while (is_active(core) && timer_counter() < end) {
            __asm__ volatile("yield");
        }
    }
}
