/**
 * Entry points that the vectors call.
 */
#ifndef ARMV8_EXCEPTION_H
#define ARMV8_EXCEPTION_H

#include <dispatch/dcb.h>

_Noreturn void exception_user(struct dcb *dcb, struct registers *saved, uint64_t esr, uint64_t far);
_Noreturn void interrupt_user(struct dcb *dcb, struct registers *saved);
_Noreturn void serror_user(struct dcb *dcb, struct registers *saved, uint64_t esr, uint64_t far);
_Noreturn void exception_kernel(const struct registers *registers, uint64_t esr, uint64_t far);
_Noreturn void exception_impossible(uint64_t vector);
_Noreturn void syscall_general(struct dcb *dcb, struct registers *saved);

/// What an invocation returns, in the order of the registers.
struct call_result {
    errval_t err;
    uint64_t value[3];
};

/// SYS_INVOKE: its registers as arguments. The result's place is the core's own.
const struct call_result *sys_invoke(uint64_t word, uint64_t address, uint64_t a2, uint64_t a3, uint64_t a4,
                                     uint64_t a5, uint64_t a6, uint64_t a7);

_Noreturn void kernel_main(lpaddr_t fdt, uint64_t el2, lpaddr_t image);
_Noreturn void kernel_main_secondary(uint64_t el2, lpaddr_t image);

#endif
