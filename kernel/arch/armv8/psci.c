#include <arch/armv8/psci.h>
#include <arch/armv8/sysreg.h>

#define PSCI_SYSTEM_OFF   0x84000008
#define PSCI_SYSTEM_RESET 0x84000009

static bool use_smc;
static uint64_t at_end = PSCI_SYSTEM_OFF;

void psci_init(bool smc)
{
    use_smc = smc;
}

static void psci_call(uint64_t function)
{
    register uint64_t x0 __asm__("x0") = function;
    if (use_smc) {
        __asm__ volatile("smc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
    } else {
        __asm__ volatile("hvc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
    }
}

void psci_reset_at_end(void)
{
    at_end = PSCI_SYSTEM_RESET;
}

void psci_system_off(void)
{
    psci_call(at_end);
    for (;;) {
        wfi();
    }
}
