/*
 * The message fast path: a message without capabilities or bytes goes straight into a receiver that waits for it.
 *
 * Taken when the endpoint leads to a waiting receiver and the sender either waits for something that has not come (call, reply and
 * wait) or asks for the switch and already stands in the run queue (so that nothing needs to be queued, and the timer is armed:
 * see schedule.c). The payload stays in x2 to x9 from the sender's stub to the receiver's. What the C calling convention
 * preserves is saved and restored; everything else is given up by the sender's stub and cleared here, for it may hold what only
 * the sender or the kernel may know. The receiver inherits the time slice.
 *
 * Anything else branches to system_call with no register changed that the general path needs: x0 to x10 and x18 to x30 are
 * untouched until the last check, x16 and x17 lie below the stack pointer, and x11 to x15 are the stub's to lose.
 */
#include <abi/captypes.h>
#include <abi/errno.h>
#include <abi/syscall.h>
#include <arch/armv8/macros.h>
#include <cap/cap_offsets.h>

.section .text.entry, "ax"
.global lmp_fast_path
lmp_fast_path:
    tbnz    w0, #8, system_call_with    // LMP_FLAG_CAP
    // Look the endpoint up.
    mrs     x17, tpidr_el1
    ldp     x11, x12, [x17, #DCB_CSPACE]
    ubfx    x13, x1, #8, #24
    cmp     x13, x12
    b.hs    system_call
    add     x11, x11, x13, lsl #6
    ldrb    w12, [x11, #CAP_OFF_TYPE]
    ldr     x13, [x11, #CAP_OFF_BASE]
    cmp     w12, #OBJTYPE_L2CNode
    b.ne    system_call
    ubfiz   x12, x1, #6, #8
    add     x13, x13, x12
    phys_to_virt x13, x13
    ldrb    w12, [x13, #CAP_OFF_TYPE]
    ldr     w14, [x13, #CAP_OFF_AUX32]      // the ring that the message is for
    ldr     x13, [x13, #CAP_OFF_BASE]
    cmp     w12, #OBJTYPE_EndPoint
    b.ne    system_call
    cbz     w14, system_call                // an endpoint without a ring
    phys_to_virt x13, x13                   // the receiver
    // Does the receiver wait for this, or for anything?
    ldr     x11, [x13, #DCB_WAIT]
    cmp     x11, x14
    b.eq    1f
    cmp     x11, #LMP_WAIT_ANY
    b.ne    system_call
1:  // May the sender be left?
    ldp     x15, x16, [x17, #DCB_DISP]
    ldr     x11, [x15, #DISP_DISABLED]      // and DISP_BUSY
    cbnz    x11, system_call
    lsr     x12, x1, #32            // what it will wait for
    cbz     x12, send_only
    cmp     x12, x16
    b.hi    system_call
    ldr     x11, [x15, x12]         // delivered, consumed
    eor     x11, x11, x11, ror #32
    cbnz    x11, system_call
    str     x12, [x17, #DCB_WAIT]
leave_sender:
    mrs     x11, cpacr_el1
    cbnz    x11, leave_fp
save_sender:
    mrs     x11, sp_el0
    mrs     x16, elr_el1
    stp     x19, x20, [x15, #(DISP_SAVE_ENABLED + REGS_X(19))]
    stp     x21, x22, [x15, #(DISP_SAVE_ENABLED + REGS_X(21))]
    stp     x23, x24, [x15, #(DISP_SAVE_ENABLED + REGS_X(23))]
    stp     x25, x26, [x15, #(DISP_SAVE_ENABLED + REGS_X(25))]
    stp     x27, x28, [x15, #(DISP_SAVE_ENABLED + REGS_X(27))]
    stp     x29, x30, [x15, #(DISP_SAVE_ENABLED + REGS_X(29))]
    stp     x11, x16, [x15, #(DISP_SAVE_ENABLED + REGS_SP)]
    mrs     x11, tpidr_el0
    str     x11, [x15, #(DISP_SAVE_ENABLED + REGS_TPIDR)]
    // Become the receiver.
    ldr     x15, [x13, #DCB_DISP]
    ldp     x11, x16, [x13, #DCB_TTBR0]
    mov     x12, #WAIT_NONE
    str     x12, [x13, #DCB_WAIT]
    msr     ttbr0_el1, x11
    msr     tpidrro_el0, x16
    msr     tpidr_el1, x13
#if TRACE_ENABLED_LMP || TRACE_ENABLED_DISPATCH
    ldr     x12, [x17, #DCB_WAIT]
    cmn     x12, #1                         // WAIT_NONE: the sender can go on
    cset    x12, eq
    ldr     w13, [x13, #DCB_NUMBER]
    orr     x13, x13, x12, lsl #32
#endif
#if TRACE_ENABLED_LMP
    adrp    x11, trace_flow
    ldr     w12, [x11, :lo12:trace_flow]
    add     w12, w12, #1
    str     w12, [x11, :lo12:trace_flow]
    orr     x19, x12, x14, lsl #32
    trace_emit TRACE_LMP_SEND, x19, x11, x12, x16, x17
#endif
#if TRACE_ENABLED_DISPATCH
    trace_emit TRACE_DISPATCH_SWITCH, x13, x11, x12, x16, x17
#endif
#if TRACE_ENABLED_LMP
    trace_emit TRACE_LMP_RECEIVE, x19, x11, x12, x16, x17
#endif
    ldp     x19, x20, [x15, #(DISP_SAVE_ENABLED + REGS_X(19))]
    ldp     x21, x22, [x15, #(DISP_SAVE_ENABLED + REGS_X(21))]
    ldp     x23, x24, [x15, #(DISP_SAVE_ENABLED + REGS_X(23))]
    ldp     x25, x26, [x15, #(DISP_SAVE_ENABLED + REGS_X(25))]
    ldp     x27, x28, [x15, #(DISP_SAVE_ENABLED + REGS_X(27))]
    ldp     x29, x30, [x15, #(DISP_SAVE_ENABLED + REGS_X(29))]
    ldp     x11, x16, [x15, #(DISP_SAVE_ENABLED + REGS_SP)]
    ldr     x12, [x15, #(DISP_SAVE_ENABLED + REGS_TPIDR)]
    msr     sp_el0, x11
    msr     elr_el1, x16
    msr     tpidr_el0, x12
    mov     x1, x14
    bfi     x1, x0, #32, #32
    mov     x0, xzr                 // SYS_ERR_OK
    clear_scratch 10, 18
    eret

// The sender goes on later, by its run upcall: it must be in the queue already.
send_only:
    tbz     w0, #9, system_call     // LMP_FLAG_SYNC
    ldrb    w11, [x17, #DCB_QUEUED]
    cbz     w11, system_call
    stp     xzr, xzr, [x15, #(DISP_SAVE_ENABLED + REGS_X(0))]
    b       leave_sender

// FP and SIMD registers hold the state of whoever used them last; the receiver's first use traps (fp.c).
leave_fp:
    msr     cpacr_el1, xzr
    b       save_sender
