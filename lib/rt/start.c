/**
 * From the first instruction of a domain to its main().
 */
#include <abi/bootinfo.h>
#include <aos/dispatch.h>
#include <aos/ram_alloc.h>
#include <aos/slot_alloc.h>
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

static char *argument_vector[ARGUMENTS_MAX + 1];
static char *environment_vector[ARGUMENTS_MAX + 1];

/// Points `count` entries at the strings from `text` on. Stops where the strings do; returns the rest of the
/// text.
static const char *split_strings(char **vector, uint32_t count, const char *text, const char *end)
{
    uint32_t i = 0;
    for (; i < count && i < ARGUMENTS_MAX; i++) {
        size_t length = strnlen(text, (size_t)(end - text));
        if (text + length == end) {
            break;
        }
        vector[i] = (char *)text;
        text += length + 1;
    }
    vector[i] = NULL;
    return text;
}

/// Sets argv and environ up. \return argc
static int read_arguments(struct dispatcher_shared *disp)
{
    const struct domain_arguments *arguments = domain_arguments();
    if (!arguments) {
        argument_vector[0] = disp->name;
        environ = environment_vector;
        return 1;
    }
    size_t bytes =
        arguments->text_bytes < ARGUMENTS_TEXT_BYTES ? arguments->text_bytes : ARGUMENTS_TEXT_BYTES;
    const char *end = arguments->text + bytes;
    const char *text = split_strings(argument_vector, arguments->argc, arguments->text, end);
    split_strings(environment_vector, arguments->envc, text, end);
    environ = environment_vector;
    int argc = 0;
    while (argument_vector[argc]) {
        argc++;
    }
    return argc;
}

static void flush_output(void)
{
    fflush(stdout);
}

_Noreturn void rt_main(void)
{
    int argc = read_arguments(curdispatcher());
    for (void (*const *function)(void) = __preinit_array_start; function != __preinit_array_end; function++) {
        (*function)();
    }
    for (void (*const *function)(void) = __init_array_start; function != __init_array_end; function++) {
        (*function)();
    }
    atexit(flush_output);
    exit(main(argc, argument_vector, environ));
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
