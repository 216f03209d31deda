/**
 * GICv3. Everything is group 1, one priority, edge or level as the device has it, routed to the core that
 * enabled it. Register offsets: Arm IHI 0069, chapter 12.
 */
#include <arch/armv8/gic.h>
#include <arch/armv8/map.h>
#include <arch/armv8/sysreg.h>
#include <cap/cap.h>

#define GICD_CTLR       0x0000
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_IPRIORITYR 0x0400
#define GICD_IROUTER    0x6000
#define GICD_ENABLE     0x12 ///< Affinity routing and group 1.

#define GICR_STRIDE       0x20000
#define GICR_TYPER        0x0008
#define GICR_TYPER_LAST   (1UL << 4)
#define GICR_WAKER        0x0014
#define GICR_WAKER_SLEEP  2
#define GICR_WAKER_ASLEEP 4
#define GICR_SGI          0x10000 ///< The frame with the private interrupts, same offsets as the distributor.

#define PRIORITY 0x80

static lvaddr_t distributor, redistributor;

static uint64_t affinity(void)
{
    const uint64_t mpidr = sysreg_read(mpidr_el1);
    return (mpidr & 0xffffff) | (mpidr >> 32 & 0xff) << 24;
}

unsigned gic_init(lpaddr_t distributor_base, lpaddr_t redistributors, gensize_t redistributors_bytes)
{
    distributor = map_device(distributor_base, 0x10000);
    const lvaddr_t first = map_device(redistributors, redistributors_bytes);
    unsigned cores = 0;
    for (gensize_t offset = 0; offset < redistributors_bytes; offset += GICR_STRIDE) {
        const uint64_t type = mmio_read64(first + offset + GICR_TYPER);
        cores++;
        if (type >> 32 == affinity()) {
            redistributor = first + offset;
        }
        if (type & GICR_TYPER_LAST) {
            break;
        }
    }
    if (redistributor == 0) {
        panic("no GIC redistributor for this core, affinity %#lx", affinity());
    }
    mmio_write32(distributor + GICD_CTLR, GICD_ENABLE);
    for (unsigned irq = GIC_FIRST_SPI; irq < GIC_IRQS; irq += 32) {
        mmio_write32(distributor + GICD_ICENABLER + irq / 8, ~0U);
        mmio_write32(distributor + GICD_IGROUPR + irq / 8, ~0U);
    }
    return cores;
}

void gic_init_core(void)
{
    mmio_write32(redistributor + GICR_WAKER, mmio_read32(redistributor + GICR_WAKER) & ~GICR_WAKER_SLEEP);
    while (mmio_read32(redistributor + GICR_WAKER) & GICR_WAKER_ASLEEP) {
        __asm__ volatile("yield");
    }
    mmio_write32(redistributor + GICR_SGI + GICD_IGROUPR, ~0U);
    mmio_write32(redistributor + GICR_SGI + GICD_ICENABLER, ~0U);
    sysreg_write(S3_0_C12_C12_5, sysreg_read(S3_0_C12_C12_5) | 1); // ICC_SRE_EL1: system registers
    isb();
    sysreg_write(S3_0_C4_C6_0, 0xff); // ICC_PMR_EL1: let every priority through
    sysreg_write(S3_0_C12_C12_7, 1);  // ICC_IGRPEN1_EL1
    isb();
}

/// Private interrupts are in the redistributor, shared ones in the distributor.
static lvaddr_t frame_of(unsigned irq)
{
    return irq < GIC_FIRST_SPI ? redistributor + GICR_SGI : distributor;
}

void gic_enable(unsigned irq)
{
    mmio_write8(frame_of(irq) + GICD_IPRIORITYR + irq, PRIORITY);
    if (irq >= GIC_FIRST_SPI) {
        mmio_write64(distributor + GICD_IROUTER + irq * 8UL, affinity() & 0xffffff);
    }
    mmio_write32(frame_of(irq) + GICD_ISENABLER + irq / 32 * 4, 1U << irq % 32);
}

void gic_disable(unsigned irq)
{
    mmio_write32(frame_of(irq) + GICD_ICENABLER + irq / 32 * 4, 1U << irq % 32);
}

unsigned gic_acknowledge(void)
{
    const unsigned irq = sysreg_read(S3_0_C12_C12_0) & 0xffffff; // ICC_IAR1_EL1
    dsb_sy();
    return irq;
}

void gic_end(unsigned irq)
{
    sysreg_write(S3_0_C12_C12_1, irq); // ICC_EOIR1_EL1
    isb();
}
