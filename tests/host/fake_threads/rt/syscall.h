/**
 * Instead of lib/rt/syscall.h: the kernel that the fake dispatcher has.
 */
#ifndef LIB_RT_SYSCALL_H
#define LIB_RT_SYSCALL_H

#include <abi/errno.h>
#include <abi/syscall.h>
#include <abi/types.h>
#include <aos/sync.h>

void sys_invoke(capaddr_t target, unsigned command, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5,
                uint64_t a6, uint64_t a7);
errval_t sys_yield(capaddr_t dispatcher);
errval_t sys_resume(uintptr_t registers);

#endif
