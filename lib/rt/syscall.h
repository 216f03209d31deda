/**
 * The system calls as functions: one `svc` each, with everything in registers (include/abi/syscall.h).
 *
 * They are inline so that arguments and results need not be moved or stored. They block only where the call
 * says so. Errors are the kernel's; nothing is pushed on them here.
 */
#ifndef RT_SYSCALL_H
#define RT_SYSCALL_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <abi/types.h>
#include <aos/lmp_message.h>

#define SYSCALL_INLINE static inline __attribute__((always_inline))

/// What an invocation returns.
struct sys_result {
    errval_t err;
    uint64_t value[3];
};

/// Does nothing.
SYSCALL_INLINE errval_t sys_null(void)
{
    register uint64_t x0 __asm__("x0") = SYS_NULL;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     :
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
                       "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    return x0;
}

/// A number that no system call has. \return SYS_ERR_ILLEGAL_SYSCALL
SYSCALL_INLINE errval_t sys_unknown(void)
{
    register uint64_t x0 __asm__("x0") = SYS_COUNT;
    __asm__ volatile("svc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
    return x0;
}

/// A command on the capability in slot `cap`, with up to seven arguments.
SYSCALL_INLINE struct sys_result sys_invoke(capaddr_t cap, unsigned command, uint64_t a2, uint64_t a3,
                                            uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7)
{
    register uint64_t x0 __asm__("x0") = SYS_INVOKE | (uint64_t)command << INVOKE_COMMAND_SHIFT;
    register uint64_t x1 __asm__("x1") = cap;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;
    register uint64_t x4 __asm__("x4") = a4;
    register uint64_t x5 __asm__("x5") = a5;
    register uint64_t x6 __asm__("x6") = a6;
    register uint64_t x7 __asm__("x7") = a7;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
                     :
                     : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "cc",
                       "memory");
    return (struct sys_result){.err = x0, .value = {x1, x2, x3}};
}

/// The same with two arguments, for commands that look at no more and return nothing.
SYSCALL_INLINE errval_t sys_invoke_short(capaddr_t cap, unsigned command, uint64_t a2, uint64_t a3)
{
    register uint64_t x0 __asm__("x0") = SYS_INVOKE | (uint64_t)command << INVOKE_COMMAND_SHIFT;
    register uint64_t x1 __asm__("x1") = cap;
    register uint64_t x2 __asm__("x2") = a2;
    register uint64_t x3 __asm__("x3") = a3;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
                     :
                     : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
                       "x17", "x18", "cc", "memory");
    return x0;
}

/**
 * Sends a message, waits for one, or both. Waits only if the upper half of `target` says so.
 *
 * \param call   SYS_LMP with flags (but LMP_FLAG_CAP) and number of words
 * \param target address of the endpoint capability, or 0 | what to wait for << 32, or 0
 */
SYSCALL_INLINE struct lmp_message sys_lmp(uint64_t call, uint64_t target, uint64_t w0, uint64_t w1,
                                          uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5, uint64_t w6,
                                          uint64_t w7)
{
    register uint64_t x0 __asm__("x0") = call;
    register uint64_t x1 __asm__("x1") = target;
    register uint64_t x2 __asm__("x2") = w0;
    register uint64_t x3 __asm__("x3") = w1;
    register uint64_t x4 __asm__("x4") = w2;
    register uint64_t x5 __asm__("x5") = w3;
    register uint64_t x6 __asm__("x6") = w4;
    register uint64_t x7 __asm__("x7") = w5;
    register uint64_t x8 __asm__("x8") = w6;
    register uint64_t x9 __asm__("x9") = w7;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7),
                       "+r"(x8), "+r"(x9)
                     :
                     : "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    return (struct lmp_message){x0, x1, x2, x3, x4, x5, x6, x7, x8, x9};
}

/**
 * sys_lmp() with capabilities or bytes (abi/syscall.h).
 *
 * \param call     SYS_LMP with LMP_CAPS(), and perhaps LMP_GIVE() and LMP_FLAG_BYTES
 * \param caps01   addresses of the first two capabilities, the first in the lower half
 * \param caps23   of the others
 * \param bytes_at where the bytes are, if LMP_FLAG_BYTES
 */
SYSCALL_INLINE struct lmp_message sys_lmp_with(uint64_t call, uint64_t target, uint64_t caps01,
                                               uint64_t caps23, uint64_t bytes_at, uint64_t bytes,
                                               uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3,
                                               uint64_t w4, uint64_t w5, uint64_t w6, uint64_t w7)
{
    register uint64_t x0 __asm__("x0") = call;
    register uint64_t x1 __asm__("x1") = target;
    register uint64_t x2 __asm__("x2") = w0;
    register uint64_t x3 __asm__("x3") = w1;
    register uint64_t x4 __asm__("x4") = w2;
    register uint64_t x5 __asm__("x5") = w3;
    register uint64_t x6 __asm__("x6") = w4;
    register uint64_t x7 __asm__("x7") = w5;
    register uint64_t x8 __asm__("x8") = w6;
    register uint64_t x9 __asm__("x9") = w7;
    register uint64_t x10 __asm__("x10") = caps01;
    register uint64_t x11 __asm__("x11") = caps23;
    register uint64_t x12 __asm__("x12") = bytes_at;
    register uint64_t x13 __asm__("x13") = bytes;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7),
                       "+r"(x8), "+r"(x9), "+r"(x10), "+r"(x11), "+r"(x12), "+r"(x13)
                     :
                     : "x14", "x15", "x16", "x17", "x18", "cc", "memory");
    return (struct lmp_message){x0, x1, x2, x3, x4, x5, x6, x7, x8, x9};
}

/// sys_lmp() with the capability in slot `cap`.
SYSCALL_INLINE struct lmp_message sys_lmp_cap(uint64_t call, uint64_t target, capaddr_t cap, uint64_t w0,
                                              uint64_t w1, uint64_t w2, uint64_t w3, uint64_t w4, uint64_t w5,
                                              uint64_t w6, uint64_t w7)
{
    return sys_lmp_with(call | LMP_FLAG_CAP, target, cap, 0, 0, 0, w0, w1, w2, w3, w4, w5, w6, w7);
}

/// Gives up the core; returns when the dispatcher runs again. \param dispatcher capability of whom to run
/// next, or 0
SYSCALL_INLINE errval_t sys_yield(capaddr_t dispatcher)
{
    register uint64_t x0 __asm__("x0") = SYS_YIELD;
    register uint64_t x1 __asm__("x1") = dispatcher;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                       "x15", "x16", "x17", "x18", "cc", "memory");
    return x0;
}

/// Leaves disabled mode for the saved registers at `registers`. Returns only an error.
SYSCALL_INLINE errval_t sys_resume(uintptr_t registers)
{
    register uint64_t x0 __asm__("x0") = SYS_RESUME;
    register uint64_t x1 __asm__("x1") = registers;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1)
                     :
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
                       "x15", "x16", "x17", "x18", "cc", "memory");
    return x0;
}

#endif
