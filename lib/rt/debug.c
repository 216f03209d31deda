#include <aos/debug.h>
#include <aos/dispatch.h>
#include <aos/text.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void print_error(const char *file, const char *function, int line, errval_t err, const char *format,
                        va_list arguments)
{
    printf("ERROR: %s.%u in %s() %s:%d\nERROR: ", disp_name(), (unsigned)disp_get_core_id(), function, file,
           line);
    vprintf(format, arguments);
    printf("\n");
    for (; err_is_fail(err); err = err_pop(err)) {
        printf("Failure: %s [%s]\n", err_getstring(err), err_getcode(err));
    }
}

void debug_err(const char *file, const char *function, int line, errval_t err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_error(file, function, line, err, format, arguments);
    va_end(arguments);
}

_Noreturn void user_panic_err(const char *file, const char *function, int line, errval_t err,
                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_error(file, function, line, err, format, arguments);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void err_describe(char *buffer, size_t bytes, errval_t err)
{
    struct text text;
    text_init(&text, buffer, bytes);
    text_add(&text, err_getcode(err));
    for (err = err_pop(err); err_is_fail(err); err = err_pop(err)) {
        text_add(&text, " because of ");
        text_add(&text, err_getcode(err));
    }
}
