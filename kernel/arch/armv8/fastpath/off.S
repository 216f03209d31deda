/*
 * No fast path: every message takes the general path.
 */
.section .text.entry, "ax"
.global lmp_fast_path
lmp_fast_path:
    tbnz    w0, #8, system_call_with    // LMP_FLAG_CAP
    b       system_call
