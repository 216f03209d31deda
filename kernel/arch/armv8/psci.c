#include <arch/armv8/psci.h>
#include <arch/armv8/sysreg.h>

#define PSCI_CPU_OFF       0x84000002
#define PSCI_CPU_ON        0xc4000003
#define PSCI_AFFINITY_INFO 0xc4000004
#define PSCI_SYSTEM_OFF    0x84000008
#define PSCI_SYSTEM_RESET  0x84000009

static bool use_smc;
static uint64_t at_end = PSCI_SYSTEM_OFF;

void psci_init(bool smc)
{
    use_smc = smc;
}

static int64_t psci_call(uint64_t function, uint64_t argument1, uint64_t argument2, uint64_t argument3)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = argument1;
    register uint64_t x2 __asm__("x2") = argument2;
    register uint64_t x3 __asm__("x3") = argument3;
    // The SMC calling convention (Arm DEN 0028) lets the firmware change x4 to x17.
    if (use_smc) {
        __asm__ volatile("smc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                         :
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                           "x16", "x17", "memory");
    } else {
        __asm__ volatile("hvc #0"
                         : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                         :
                         : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                           "x16", "x17", "memory");
    }
    return (int64_t)x0;
}

/// What the functions of 32 bits return.
static int64_t status_of(int64_t x0)
{
    return (int32_t)x0;
}

int64_t psci_cpu_on(uint64_t target, lpaddr_t entry)
{
    return status_of(psci_call(PSCI_CPU_ON, target, entry, 0));
}

int64_t psci_cpu_off(void)
{
    return status_of(psci_call(PSCI_CPU_OFF, 0, 0, 0));
}

int64_t psci_affinity(uint64_t target)
{
    return status_of(psci_call(PSCI_AFFINITY_INFO, target, 0, 0));
}

void psci_reset_at_end(void)
{
    at_end = PSCI_SYSTEM_RESET;
}

void psci_system_off(void)
{
    psci_call(at_end, 0, 0, 0);
    for (;;) {
        wfi();
    }
}
