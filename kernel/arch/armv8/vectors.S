/*
 * Exception vectors and the ways in and out of the kernel.
 *
 * The kernel has one stack a core and never returns through it: every entry ends in dispatch_return, dispatch, or the message fast path.
 * While user level runs, SP_EL1 is the top of that stack.
 */
#include <abi/captypes.h>
#include <abi/errno.h>
#include <abi/syscall.h>
#include <arch/armv8/macros.h>

#define ESR_CLASS_SVC 0x15

.macro vector handler
    .balign 128
    \handler
.endm

.section .text.vectors, "ax"
.balign 2048
.global exception_vectors
exception_vectors:
    // From the kernel with SP_EL0: never used.
    vector  "mov x0, #0; b kernel_exception"
    vector  "mov x0, #1; b kernel_exception"
    vector  "mov x0, #2; b kernel_exception"
    vector  "mov x0, #3; b kernel_exception"
    // From the kernel: always a kernel bug, since it runs with interrupts off.
    vector  "b kernel_exception_save"
    vector  "b kernel_exception_save"
    vector  "b kernel_exception_save"
    vector  "b kernel_exception_save"

    // From user level. The first is the system call, so it starts in the vector.
    .balign 128
    stp     x16, x17, [sp, #-16]
    mrs     x16, esr_el1
    lsr     x16, x16, #26
    cmp     x16, #ESR_CLASS_SVC
    b.ne    user_exception
    and     w16, w0, #0xff
    cmp     w16, #SYS_LMP
    b.eq    lmp_fast_path
    cmp     w16, #SYS_INVOKE
    b.eq    invocation
    cbnz    w16, system_call
    mov     x0, xzr                 // SYS_NULL; x16 is its number, 0
    eret

    .balign 128
    stp     x16, x17, [sp, #-16]
    b       user_interrupt
    .balign 128
    stp     x16, x17, [sp, #-16]
    b       user_interrupt
    .balign 128
    stp     x16, x17, [sp, #-16]
    b       user_serror

    // From AArch32 user level: no domain can get there.
    vector  "mov x0, #12; b kernel_exception"
    vector  "mov x0, #13; b kernel_exception"
    vector  "mov x0, #14; b kernel_exception"
    vector  "mov x0, #15; b kernel_exception"
    .balign 128

// With the fast path: its short branches reach no further than 32 KiB.
.section .text.entry, "ax"

/*
 * Saves the registers of user level into the save area of the current dispatcher, and leaves the DCB in x0, the save area in x1.
 * x16 and x17 are below the stack pointer. With call=1 for a system call, which gives x11 to x18 up: what an earlier entry left of
 * them in the save area stays there, so that nothing that the kernel had in them gets out. With call=2 x11 to x13 are arguments too:
 * nothing has changed them yet.
 */
.macro save_user call=0
    mrs     x17, tpidr_el1
    ldr     x16, [x17, #DCB_DISP]
    ldr     w17, [x16, #DISP_DISABLED]
    add     x16, x16, #DISP_SAVE_ENABLED
    cbz     w17, 1f
    add     x16, x16, #(DISP_SAVE_DISABLED - DISP_SAVE_ENABLED)
1:  stp     x0, x1, [x16, #REGS_X(0)]
    stp     x2, x3, [x16, #REGS_X(2)]
    stp     x4, x5, [x16, #REGS_X(4)]
    stp     x6, x7, [x16, #REGS_X(6)]
    stp     x8, x9, [x16, #REGS_X(8)]
    .if \call == 2
    stp     x10, x11, [x16, #REGS_X(10)]
    stp     x12, x13, [x16, #REGS_X(12)]
    .elseif \call
    str     x10, [x16, #REGS_X(10)]
    .else
    stp     x10, x11, [x16, #REGS_X(10)]
    stp     x12, x13, [x16, #REGS_X(12)]
    stp     x14, x15, [x16, #REGS_X(14)]
    ldp     x0, x1, [sp, #-16]
    stp     x0, x1, [x16, #REGS_X(16)]
    str     x18, [x16, #REGS_X(18)]
    .endif
    stp     x19, x20, [x16, #REGS_X(19)]
    stp     x21, x22, [x16, #REGS_X(21)]
    stp     x23, x24, [x16, #REGS_X(23)]
    stp     x25, x26, [x16, #REGS_X(25)]
    stp     x27, x28, [x16, #REGS_X(27)]
    stp     x29, x30, [x16, #REGS_X(29)]
    mrs     x2, sp_el0
    mrs     x3, elr_el1
    stp     x2, x3, [x16, #REGS_SP]
    mrs     x4, spsr_el1
    mrs     x5, tpidr_el0
    stp     x4, x5, [x16, #REGS_SPSR]
    mrs     x0, tpidr_el1
    mov     x1, x16
    mov     x29, xzr
    mov     x30, xzr
.endm

/*
 * A command on a capability is a function call: the arguments are where C wants them, C keeps what the caller keeps, and
 * the processor's exception registers stay as they are, since the kernel takes no exceptions. It does not return if the caller ended.
 */
invocation:
    stp     x29, x30, [sp, #-16]!
    mov     x29, xzr
    bl      sys_invoke              // (word, capability, arguments...), returns the place of the results
    ldp     x2, x3, [x0, #16]
    ldp     x0, x1, [x0]
    ldp     x29, x30, [sp], #16
    clear_scratch 4, 18
    eret

// System calls other than SYS_NULL, SYS_INVOKE and those messages that the fast path takes.
.global system_call
system_call:
    save_user call=1
    b       syscall_general         // (dcb, saved)

// A message with capabilities or bytes: it has more arguments.
.global system_call_with
system_call_with:
    save_user call=2
    b       syscall_general         // (dcb, saved)

user_exception:
    save_user
    mrs     x2, esr_el1
    mrs     x3, far_el1
    b       exception_user          // (dcb, saved, esr, far)

user_interrupt:
    save_user
    b       interrupt_user          // (dcb, saved)

user_serror:
    save_user
    mrs     x2, esr_el1
    mrs     x3, far_el1
    b       serror_user

/*
 * restore_registers(const struct registers *): all registers, and user level. Only the condition flags of the
 * saved processor state are believed.
 */
.global restore_registers
restore_registers:
    ldr     x3, =stack_top
    mov     sp, x3
    mov     x16, x0
    ldp     x2, x3, [x16, #REGS_PC]
    and     x3, x3, #0xf0000000
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldr     x5, [x16, #REGS_TPIDR]
    msr     tpidr_el0, x5
    ldp     x30, x2, [x16, #REGS_X(30)]
    msr     sp_el0, x2
    ldp     x0, x1, [x16, #REGS_X(0)]
    ldp     x2, x3, [x16, #REGS_X(2)]
    ldp     x4, x5, [x16, #REGS_X(4)]
    ldp     x6, x7, [x16, #REGS_X(6)]
    ldp     x8, x9, [x16, #REGS_X(8)]
    ldp     x10, x11, [x16, #REGS_X(10)]
    ldp     x12, x13, [x16, #REGS_X(12)]
    ldp     x14, x15, [x16, #REGS_X(14)]
    ldp     x18, x19, [x16, #REGS_X(18)]
    ldp     x20, x21, [x16, #REGS_X(20)]
    ldp     x22, x23, [x16, #REGS_X(22)]
    ldp     x24, x25, [x16, #REGS_X(24)]
    ldp     x26, x27, [x16, #REGS_X(26)]
    ldp     x28, x29, [x16, #REGS_X(28)]
    ldp     x16, x17, [x16, #REGS_X(16)]
    eret

/*
 * enter_upcall(pc, sp, argument0, argument1, argument2): user level with everything else zero.
 */
.global enter_upcall
enter_upcall:
    ldr     x5, =stack_top
    mov     sp, x5
    msr     elr_el1, x0
    msr     sp_el0, x1
    msr     spsr_el1, xzr
    msr     tpidr_el0, xzr
    mov     x0, x2
    mov     x1, x3
    mov     x2, x4
    clear_scratch 3, 18
    .irp n, 19,20,21,22,23,24,25,26,27,28,29,30
    mov     x\n, xzr
    .endr
    eret

/// on_empty_stack(void (*function)(void)): goes on in a function that does not return, with nothing on the stack.
.global on_empty_stack
on_empty_stack:
    ldr     x1, =stack_top
    mov     sp, x1
    mov     x29, xzr
    mov     x30, xzr
    br      x0

/*
 * A kernel bug. The stack may be the reason, so registers go to the emergency stack.
 */
kernel_exception_save:
    msr     tpidr_el0, x0
    mov     x0, sp
    msr     tpidrro_el0, x0
    ldr     x0, =emergency_stack_top
    mov     sp, x0
    sub     sp, sp, #288
    mrs     x0, tpidr_el0
    stp     x0, x1, [sp, #REGS_X(0)]
    stp     x2, x3, [sp, #REGS_X(2)]
    stp     x4, x5, [sp, #REGS_X(4)]
    stp     x6, x7, [sp, #REGS_X(6)]
    stp     x8, x9, [sp, #REGS_X(8)]
    stp     x10, x11, [sp, #REGS_X(10)]
    stp     x12, x13, [sp, #REGS_X(12)]
    stp     x14, x15, [sp, #REGS_X(14)]
    stp     x16, x17, [sp, #REGS_X(16)]
    stp     x18, x19, [sp, #REGS_X(18)]
    stp     x20, x21, [sp, #REGS_X(20)]
    stp     x22, x23, [sp, #REGS_X(22)]
    stp     x24, x25, [sp, #REGS_X(24)]
    stp     x26, x27, [sp, #REGS_X(26)]
    stp     x28, x29, [sp, #REGS_X(28)]
    mrs     x1, tpidrro_el0
    stp     x30, x1, [sp, #REGS_X(30)]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #REGS_PC]
    mov     x0, sp
    mrs     x1, esr_el1
    mrs     x2, far_el1
    b       exception_kernel        // (registers, esr, far)

kernel_exception:
    ldr     x1, =emergency_stack_top
    mov     sp, x1
    b       exception_impossible    // (vector)
