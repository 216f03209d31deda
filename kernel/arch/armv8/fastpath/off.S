/*
 * No fast path: every message takes the general path.
 */
.section .text.entry, "ax"
.global lmp_fast_path
lmp_fast_path:
    b       system_call
