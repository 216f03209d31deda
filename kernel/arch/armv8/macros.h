/**
 * Assembler macros of the exception paths.
 */
#ifndef ARMV8_MACROS_H
#define ARMV8_MACROS_H

#include <abi/dispatcher.h>
#include <dispatch/dcb.h>
#include <trace/ring.h>
#include <trace_points.h>

/// dst = kernel address of the physical address in src
.macro phys_to_virt dst, src
    orr     \dst, \src, #0xffff000000000000
.endm

/// Zeroes a range of registers that the caller gave up, so that nothing of the kernel or of another domain is seen in them.
.macro clear_scratch first, last
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18
    .if \n >= \first && \n <= \last
    mov     x\n, xzr
    .endif
    .endr
.endm

/**
 * A trace point from assembler: event number, argument word in \argument; clobbers the four temporaries.
 * The same protocol as trace_ring_emit() in trace/ring.h.
 */
.macro trace_emit event, argument, t1, t2, t3, t4
    adrp    \t1, trace_ring
    ldr     \t1, [\t1, :lo12:trace_ring]
    cbz     \t1, 98f
99: ldr     \t3, [\t1, #TRACE_RING_OFF_LIMIT]
    ldxr    \t2, [\t1]
    cmp     \t2, \t3
    b.hs    97f
    add     \t3, \t2, #TRACE_RECORD_BYTES
    mrs     \t4, pmccntr_el0
    stxr    w18, \t3, [\t1]
    cbnz    w18, 99b
    and     \t2, \t2, #(TRACE_RING_BYTES - 1)
    add     \t2, \t2, \t1
    movk    \t4, #\event, lsl #TRACE_EVENT_SHIFT
    stp     \t4, \argument, [\t2, #TRACE_RING_OFF_RECORDS]
    b       98f
97: ldr     \t2, [\t1, #TRACE_RING_OFF_DROPPED]
    add     \t2, \t2, #1
    str     \t2, [\t1, #TRACE_RING_OFF_DROPPED]
98:
.endm

#endif
