/*
 * Where a domain starts: disabled, x0 the dispatcher, sp the top of a small stack, which serves the main thread for its faults
 * when it has one that grows.
 */
.section .text.start, "ax"
.global _start
.type _start, %function
_start:
    mov     x29, xzr                // ends every backtrace
    mov     x30, xzr
    mov     x1, sp
    bl      rt_start                // (dispatcher, stack top)
    mov     sp, x0
    mov     x29, xzr
    mov     x30, xzr
    bl      rt_main                 // does not return
    udf     #0
.size _start, . - _start

.section .note.GNU-stack, "", %progbits
