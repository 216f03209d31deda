/*
 * fp_save and fp_restore (struct fp_registers *): all FP and SIMD state.
 */
.arch_extension fp
.arch_extension simd

.macro all_pairs operation
    .irp n, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30
    fp_pair \operation, \n, %(\n + 1)
    .endr
.endm
.macro fp_pair operation, first, second
    \operation q\first, q\second, [x0, #(\first * 16)]
.endm

.altmacro
.text
.global fp_save
fp_save:
    all_pairs stp
    mrs     x1, fpcr
    mrs     x2, fpsr
    add     x0, x0, #512
    stp     x1, x2, [x0]
    ret

.global fp_restore
fp_restore:
    all_pairs ldp
    add     x0, x0, #512
    ldp     x1, x2, [x0]
    msr     fpcr, x1
    msr     fpsr, x2
    ret
