/*
 * Where a domain starts: disabled, x0 the dispatcher, sp the top of the main thread's stack.
 */
.section .text.start, "ax"
.global _start
.type _start, %function
_start:
    mov     x29, xzr                // ends every backtrace
    mov     x30, xzr
    mov     x1, sp
    bl      rt_start                // (dispatcher, stack top); does not return
    udf     #0
.size _start, . - _start

.section .note.GNU-stack, "", %progbits
