/*
 * From the boot loader or the firmware to C: image header, EL2 to EL1, cycle counter, first page tables, MMU on.
 *
 * The first core enters by the header, x0 the physical address of the device tree or 0 (arm64 boot protocol). Any other one is
 * started by the firmware at secondary_entry of its own copy of the image, and goes on at resumed_entry after it was parked.
 * All come with the MMU off, so everything before the jump to the high half uses addresses relative to the program counter only.
 */
#include <arch/armv8/layout.h>

/* Why the core is here, in x19. */
#define ENTRY_PRIMARY   0
#define ENTRY_SECONDARY 1
#define ENTRY_RESUMED   2

.section .head, "ax"
.global _start
_start:
    b       primary_entry
    .long   0
    .quad   0                       // text offset
    .quad   image_bytes
    .quad   0xa                     // little endian, 4 KiB pages, any 2 MiB boundary
    .quad   0
    .quad   0
    .quad   0
    .ascii  "ARM\x64"
    .long   0

.text
.global secondary_entry, resumed_entry
secondary_entry:
    mov     x19, #ENTRY_SECONDARY
    b       entry
resumed_entry:
    mov     x19, #ENTRY_RESUMED
    b       entry
primary_entry:
    mov     x19, #ENTRY_PRIMARY
entry:
    // The cycle counter starts with the first instructions, in both exception levels that the kernel passes.
    msr     pmccntr_el0, xzr
    ldr     x1, =0x08000000         // PMCCFILTR: count in EL2 too
    msr     pmccfiltr_el0, x1
    mov     x1, #(1 << 31)
    msr     pmcntenset_el0, x1
    mov     x1, #0x41               // long counter, enable
    msr     pmcr_el0, x1
    msr     daifset, #0xf
    mov     x20, x0
    mov     x21, #0                 // entered at EL2?
    mrs     x1, CurrentEL
    cmp     x1, #(2 << 2)
    b.ne    at_el1
    mov     x21, #1
    bl      leave_el2
at_el1:
    ldr     x1, =0x30d00800         // MMU off, known state
    msr     sctlr_el1, x1
    isb
    cmp     x19, #ENTRY_RESUMED     // its data and tables are as it left them
    b.eq    mmu_on
    adrp    x1, emergency_stack_top
    add     x1, x1, :lo12:emergency_stack_top
    mov     sp, x1

    adrp    x1, bss_start
    add     x1, x1, :lo12:bss_start
    adrp    x2, bss_end
    add     x2, x2, :lo12:bss_end
1:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    1b

    cmp     x19, #ENTRY_PRIMARY
    b.ne    4f
    adrp    x1, data_start          // what the images of other cores begin with
    adrp    x2, data_end
    add     x2, x2, :lo12:data_end
    adrp    x3, data_pristine
    add     x3, x3, :lo12:data_pristine
3:  ldp     x4, x5, [x1], #16
    stp     x4, x5, [x3], #16
    cmp     x1, x2
    b.lo    3b
4:
    adrp    x0, image_start         // physical address of the image
    mov     x22, x0
    mov     x1, x20
    bl      map_kernel_early

    // The tables were written around the caches: drop stale lines of all private data.
    adrp    x1, data_start
    adrp    x2, bss_end
    add     x2, x2, :lo12:bss_end
2:  dc      ivac, x1
    add     x1, x1, #64
    cmp     x1, x2
    b.lo    2b
    dsb     sy

mmu_on:
    ldr     x1, =MAIR_VALUE
    msr     mair_el1, x1
    ldr     x1, =TCR_VALUE
    msr     tcr_el1, x1
    adrp    x1, identity_l0
    add     x1, x1, :lo12:identity_l0
    msr     ttbr0_el1, x1
    adrp    x1, kernel_l0
    add     x1, x1, :lo12:kernel_l0
    msr     ttbr1_el1, x1
    tlbi    vmalle1
    dsb     sy
    isb
    ldr     x1, =SCTLR_VALUE
    msr     sctlr_el1, x1
    isb
    ldr     x1, =high_entry
    br      x1

high_entry:
    ldr     x1, =exception_vectors
    msr     vbar_el1, x1
    cmp     x19, #ENTRY_RESUMED
    b.eq    suspend_return
    ldr     x1, =stack_top
    mov     sp, x1
    msr     tpidr_el1, xzr
    mov     x29, xzr
    mov     x30, xzr
    cbnz    x19, 5f
    mov     x0, x20
    mov     x1, x21
    mov     x2, x22
    b       kernel_main             // (device tree, entered at EL2?, image)
5:  mov     x0, x21
    mov     x1, x22
    b       kernel_main_secondary   // (entered at EL2?, image)

// Gives EL1 the timer, the performance counters, FP and the interrupt controller, and goes on there.
leave_el2:
    mov     x1, #(1 << 31)          // HCR: EL1 is AArch64
    msr     hcr_el2, x1
    mov     x1, #3                  // EL1 may use the physical timer and counter
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mrs     x1, pmcr_el0
    ubfx    x1, x1, #11, #5         // all event counters belong to EL1
    msr     mdcr_el2, x1
    mov     x1, #0x33ff             // no traps of FP
    msr     cptr_el2, x1
    msr     vttbr_el2, xzr
    mrs     x1, midr_el1
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    mrs     x1, icc_sre_el2
    mov     x2, #9                  // system registers for the GIC, also for EL1
    orr     x1, x1, x2
    msr     icc_sre_el2, x1
    isb
    msr     ich_hcr_el2, xzr
    mov     x1, #0x3c5              // EL1 with its own stack, all exceptions masked
    msr     spsr_el2, x1
    msr     elr_el2, x30
    eret
