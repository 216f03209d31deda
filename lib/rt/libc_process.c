/**
 * What the C library needs of its process: an end.
 */
#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <rt/console.h>
#include <rt/syscall.h>
#include <stdlib.h>
#include <threads/upcall.h>
#include <unistd.h>

#define EXIT_ABORTED 134 ///< What shells call the status of an aborted process.

_Noreturn void _exit(int status)
{
    threads_end_of_fault(); // that is what it ends of, if telling of it has led here
    sys_invoke(TASKCN_SLOT_DISPATCHER, DISPATCHER_STOP, (uint32_t)status, 0, 0, 0, 0, 0);
    // Only a domain that deleted its own dispatcher capability gets here: without a handler the trap ends it.
    curdispatcher()->upcall_fault = 0;
    __builtin_trap();
}

_Noreturn void abort(void)
{
    static const char line[] = "abort\n";
    console_last_words(line, sizeof(line) - 1, true);
    _exit(EXIT_ABORTED);
}
