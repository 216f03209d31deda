#include <abi/dispatcher.h>
#include <aos/threads.h>
#include <rpc/guarded_copy.h>
#include <stdint.h>

/* guarded_copy_loop.S */
extern bool guarded_copy_loop(void *to, const void *from, size_t bytes);
extern const char guarded_copy_loop_end[], guarded_copy_failed[];

/// A fault in the loop ends it. Memory of ours that comes when it is touched has come before this is asked.
static bool handle_fault(unsigned kind, lvaddr_t address, struct registers *registers)
{
    (void)kind;
    (void)address;
    if (registers->pc < (uintptr_t)guarded_copy_loop || registers->pc >= (uintptr_t)guarded_copy_loop_end) {
        return false;
    }
    registers->pc = (uintptr_t)guarded_copy_failed;
    return true;
}

bool rpc_guarded_copy(void *to, const void *from, size_t bytes)
{
    thread_fault_handler_t before = thread_set_fault_handler(handle_fault);
    bool copied = guarded_copy_loop(to, from, bytes);
    thread_set_fault_handler(before);
    return copied;
}
