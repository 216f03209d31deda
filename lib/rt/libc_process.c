/**
 * What the C library needs of its process: memory, and an end.
 */
#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <aos/kernel.h>
#include <errno.h>
#include <rt/syscall.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_ABORTED 134 ///< What shells call the status of an aborted process.

void *sbrk(ptrdiff_t increment)
{
    static uintptr_t end = USER_HEAP;
    const struct domain_arguments *arguments = domain_arguments();
    uintptr_t limit = USER_HEAP + (arguments ? arguments->heap_bytes : USER_HEAP_BYTES);
    uintptr_t before = end;
    bool fits =
        increment >= 0 ? (uintptr_t)increment <= limit - before : -(uintptr_t)increment <= before - USER_HEAP;
    if (!fits) {
        errno = ENOMEM;
        return (void *)-1;
    }
    end = before + (uintptr_t)increment;
    return (void *)before;
}

_Noreturn void _exit(int status)
{
    sys_invoke(TASKCN_SLOT_DISPATCHER, DISPATCHER_STOP, (uint32_t)status, 0, 0, 0, 0, 0);
    // Only a domain that deleted its own dispatcher capability gets here: without a handler the trap ends it.
    curdispatcher()->upcall_fault = 0;
    __builtin_trap();
}

_Noreturn void abort(void)
{
    static const char line[] = "abort\n";
    kernel_print(line, sizeof(line) - 1);
    _exit(EXIT_ABORTED);
}
