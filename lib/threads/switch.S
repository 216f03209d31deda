/*
 * From one thread to another (document D, 1.2).
 *
 * A thread that gives up the core has called a function: only what the C calling convention preserves is kept, on its
 * own stack. d8 to d15 and FPCR belong to it too, but are only kept in domains whose code may use them (threads_use_fp, which
 * the build defines for each domain): touching them would drag the dispatcher's FP state along. A preempted thread's registers, all of
 * them, are in its struct thread instead; it goes on by its `resume`.
 */
#include <abi/fp_registers.inc>
#include <abi/dispatcher.h>
#include <threads/threads.h>

.arch_extension fp
.arch_extension simd

.text
/*
 * threads_switch(from, to): returns when `from` is switched to again.
 *
 * Disabled until the last but one instruction: an interrupt comes back here through save_disabled, whatever sp is.
 */
.global threads_switch
.type threads_switch, %function
threads_switch:
    stp     x29, x30, [sp, #-SWITCH_FRAME_BYTES]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    movz    w9, #:abs_g0:threads_use_fp
    cbnz    w9, keep_fp
kept_fp:
    mov     x9, sp
    str     x9, [x0, #THREAD_SP]
go_on:
    ldr     x11, [x1, #THREAD_RESUME]
    cbnz    x11, other_way
    ldp     x9, x10, [x1, #THREAD_SP]
    mov     sp, x9
    msr     tpidr_el0, x10
    movz    w9, #:abs_g0:threads_use_fp
    cbnz    w9, bring_fp
brought_fp:
    mrs     x9, tpidrro_el0
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #SWITCH_FRAME_BYTES
    str     wzr, [x9, #DISP_DISABLED]
    ret

// The stack of the thread that was left, or the upcall's, still serves the way on.
other_way:
    mov     x0, x1
    br      x11

keep_fp:
    stp     d8, d9, [sp, #SWITCH_FRAME_FP]
    stp     d10, d11, [sp, #(SWITCH_FRAME_FP + 16)]
    stp     d12, d13, [sp, #(SWITCH_FRAME_FP + 32)]
    stp     d14, d15, [sp, #(SWITCH_FRAME_FP + 48)]
    mrs     x9, fpcr
    str     x9, [sp, #(SWITCH_FRAME_FP + 64)]
    b       kept_fp

bring_fp:
    ldp     d8, d9, [sp, #SWITCH_FRAME_FP]
    ldp     d10, d11, [sp, #(SWITCH_FRAME_FP + 16)]
    ldp     d12, d13, [sp, #(SWITCH_FRAME_FP + 32)]
    ldp     d14, d15, [sp, #(SWITCH_FRAME_FP + 48)]
    ldr     x9, [sp, #(SWITCH_FRAME_FP + 64)]
    msr     fpcr, x9
    b       brought_fp
.size threads_switch, . - threads_switch

// threads_enter(to): nothing is kept. For the run upcall, and a thread that ends.
.global threads_enter
.type threads_enter, %function
threads_enter:
    mov     x1, x0
    b       go_on
.size threads_enter, . - threads_enter

// threads_enter_on(argument, thread pointer, function): its stack begins below the argument.
.global threads_enter_on
.type threads_enter_on, %function
threads_enter_on:
    mrs     x9, tpidrro_el0
    mov     sp, x0
    msr     tpidr_el0, x1
    mov     x29, xzr
    mov     x30, xzr
    str     wzr, [x9, #DISP_DISABLED]
    br      x2
.size threads_enter_on, . - threads_enter_on

// Where a new thread starts: x19 its function, x20 the argument.
.global threads_trampoline
.type threads_trampoline, %function
threads_trampoline:
    mov     x0, x20
    blr     x19
    bl      thread_exit             // (status)
    udf     #0
.size threads_trampoline, . - threads_trampoline

// threads_save_fp(struct fp_registers *)
.global threads_save_fp
.type threads_save_fp, %function
threads_save_fp:
    fp_save_all
    ret
.size threads_save_fp, . - threads_save_fp

// threads_restore_fp(const struct fp_registers *)
.global threads_restore_fp
.type threads_restore_fp, %function
threads_restore_fp:
    fp_restore_all
    ret
.size threads_restore_fp, . - threads_restore_fp

.section .note.GNU-stack, "", %progbits
