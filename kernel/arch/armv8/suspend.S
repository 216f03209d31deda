/*
 * A core stops, and goes on as if nothing had been. What the firmware does not keep is saved here: the registers that C keeps, and
 * those of the exception level that a kernel entry leaves alone. Interrupt controller, timer and counters are set up anew by
 * their own files.
 */
#include <arch/armv8/suspend.h>

/// int64_t suspend(int64_t (*stop)(void)): calls `stop`. 0 once the core is resumed, or what `stop` returned.
.global suspend
suspend:
    adrp    x1, suspended
    add     x1, x1, :lo12:suspended
    stp     x19, x20, [x1, #0]
    stp     x21, x22, [x1, #16]
    stp     x23, x24, [x1, #32]
    stp     x25, x26, [x1, #48]
    stp     x27, x28, [x1, #64]
    stp     x29, x30, [x1, #80]
    mov     x2, sp
    mrs     x3, sp_el0
    stp     x2, x3, [x1, #96]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [x1, #112]
    mrs     x2, tpidr_el0
    mrs     x3, tpidrro_el0
    stp     x2, x3, [x1, #128]
    mrs     x2, tpidr_el1
    mrs     x3, ttbr0_el1
    stp     x2, x3, [x1, #144]
    br      x0

/// The way on of a resumed core, from entry.S.
.global suspend_return
suspend_return:
    adrp    x1, suspended
    add     x1, x1, :lo12:suspended
    ldp     x2, x3, [x1, #144]
    msr     tpidr_el1, x2
    msr     ttbr0_el1, x3
    ldp     x2, x3, [x1, #128]
    msr     tpidr_el0, x2
    msr     tpidrro_el0, x3
    ldp     x2, x3, [x1, #112]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x2, x3, [x1, #96]
    mov     sp, x2
    msr     sp_el0, x3
    ldp     x29, x30, [x1, #80]
    ldp     x27, x28, [x1, #64]
    ldp     x25, x26, [x1, #48]
    ldp     x23, x24, [x1, #32]
    ldp     x21, x22, [x1, #16]
    ldp     x19, x20, [x1, #0]
    tlbi    vmalle1
    dsb     nsh
    isb
    mov     x0, xzr
    ret

.section .bss
.balign 64
suspended:
    .zero   SUSPENDED_BYTES
