/*
 * No fast path: every message takes the general path.
 */
.text
.global lmp_fast_path
lmp_fast_path:
    b       system_call
