/*
 * Where the kernel enters a dispatcher (document D, 1.2): disabled, on the dispatcher's own stack, x0 its
 * address.
 */
#include <abi/dispatcher.h>
#include <abi/syscall.h>

.text
.global dispatch_upcall_run
.type dispatch_upcall_run, %function
dispatch_upcall_run:
    mov     x29, xzr
    bl      threads_run             // (dispatcher); does not return
    udf     #0
.size dispatch_upcall_run, . - dispatch_upcall_run

// x1: kind of the fault, x2: its address
.global dispatch_upcall_fault
.type dispatch_upcall_fault, %function
dispatch_upcall_fault:
    mov     x29, xzr
    bl      threads_fault           // (dispatcher, kind, address); does not return
    udf     #0
.size dispatch_upcall_fault, . - dispatch_upcall_fault

.section .note.GNU-stack, "", %progbits
