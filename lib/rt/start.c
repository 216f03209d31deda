/**
 * From the first instruction of a domain to its main().
 */
#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
#include <cap/ram.h>
#include <dispatch/dispatch.h>
#include <picotls.h>
#include <rt/start.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads/threads.h>

extern int main(int argc, char *argv[], char *envp[]);

extern char rt_main_tls[]; ///< Room for the main thread's thread-local data, domain.ld.
extern void (*const __preinit_array_start[])(void), (*const __preinit_array_end[])(void);
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);
extern char **environ;

/// What main() gets.
struct program_arguments {
    int argc;
    char **argv;
    char **envp;
};

/// As the parent laid them out; the kernel gives init none but its name.
static struct program_arguments read_arguments(void)
{
    static char *init_vectors[3];
    struct domain_arguments *arguments = (struct domain_arguments *)domain_arguments();
    if (!arguments) {
        init_vectors[0] = curdispatcher()->name;
        return (struct program_arguments){1, init_vectors, &init_vectors[2]};
    }
    return (struct program_arguments){(int)arguments->argc, arguments->vectors,
                                      &arguments->vectors[arguments->argc + 1]};
}

static void flush_output(void)
{
    fflush(stdout);
}

_Noreturn void rt_main(void)
{
    struct program_arguments arguments = read_arguments();
    environ = arguments.envp;
    ram_server_use();
    for (void (*const *function)(void) = __preinit_array_start; function != __preinit_array_end; function++) {
        (*function)();
    }
    for (void (*const *function)(void) = __init_array_start; function != __init_array_end; function++) {
        (*function)();
    }
    atexit(flush_output);
    exit(main(arguments.argc, arguments.argv, arguments.envp));
}

static size_t stack_limit(void)
{
    const struct domain_arguments *arguments = domain_arguments();
    return arguments ? arguments->stack_bytes : USER_STACK_LIMIT_BYTES;
}

lvaddr_t rt_start(struct dispatcher_shared *disp, lvaddr_t stack_top)
{
    _init_tls(rt_main_tls);
    _set_tls(rt_main_tls);
    dispatch_start(disp, stack_top);
    ram_alloc_init();
    slot_alloc_init();
    // A domain without memory of its own stays where it is.
    lvaddr_t top = threads_grow_main_stack(stack_limit());
    return top ? top : stack_top;
}
