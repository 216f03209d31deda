/*
 * fp_save and fp_restore (struct fp_registers *): all FP and SIMD state.
 */
#include <abi/fp_registers.inc>

.arch_extension fp
.arch_extension simd

.text
.global fp_save
fp_save:
    fp_save_all
    ret

.global fp_restore
fp_restore:
    fp_restore_all
    ret
