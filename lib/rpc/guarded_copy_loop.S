/*
 * bool guarded_copy_loop(void *to, const void *from, size_t bytes): a leaf without a stack frame, so that it can be left at any
 * instruction by going on at guarded_copy_failed.
 */
.text
.global guarded_copy_loop
.type guarded_copy_loop, %function
guarded_copy_loop:
    subs    x2, x2, #64
    b.lo    2f
1:  ldp     x3, x4, [x1]
    ldp     x5, x6, [x1, #16]
    ldp     x7, x8, [x1, #32]
    ldp     x9, x10, [x1, #48]
    add     x1, x1, #64
    stp     x3, x4, [x0]
    stp     x5, x6, [x0, #16]
    stp     x7, x8, [x0, #32]
    stp     x9, x10, [x0, #48]
    add     x0, x0, #64
    subs    x2, x2, #64
    b.hs    1b
2:  adds    x2, x2, #(64 - 8)
    b.mi    4f
3:  ldr     x3, [x1], #8
    str     x3, [x0], #8
    subs    x2, x2, #8
    b.pl    3b
4:  adds    x2, x2, #8
    b.eq    6f
5:  ldrb    w3, [x1], #1
    strb    w3, [x0], #1
    subs    x2, x2, #1
    b.ne    5b
6:  mov     w0, #1
    ret
.global guarded_copy_loop_end
guarded_copy_loop_end:
.global guarded_copy_failed
guarded_copy_failed:
    mov     w0, wzr
    ret
.size guarded_copy_loop, . - guarded_copy_loop

.section .note.GNU-stack, "", %progbits
