#include <aos/debug.h>
#include <aos/dispatch.h>
#include <aos/text.h>
#include <rt/console.h>
#include <rt/start.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LAST_WORDS_BYTES 1024

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

/// Like print_error(), as one text, and without what another thread may hold.
static void say_last_words(const char *file, const char *function, int line, errval_t err, const char *format,
                           va_list arguments)
{
    char words[LAST_WORDS_BYTES], message[LAST_WORDS_BYTES / 2];
    struct text text;
    vsnprintf(message, sizeof(message), format, arguments);
    text_init(&text, words, sizeof(words));
    text_add(&text, "ERROR: ");
    text_add(&text, disp_name());
    text_add(&text, ".");
    text_add_unsigned(&text, disp_get_core_id());
    text_add(&text, " in ");
    text_add(&text, function);
    text_add(&text, "() ");
    text_add(&text, file);
    text_add(&text, ":");
    text_add_unsigned(&text, (unsigned)line);
    text_add(&text, "\nERROR: ");
    text_add(&text, message);
    text_add(&text, "\n");
    for (; err_is_fail(err); err = err_pop(err)) {
        text_add(&text, "Failure: ");
        text_add(&text, err_getstring(err));
        text_add(&text, " [");
        text_add(&text, err_getcode(err));
        text_add(&text, "]\n");
    }
    console_write(words, text.length);
}

_Noreturn void user_panic_err(const char *file, const char *function, int line, errval_t err,
                              const char *format, ...)
{
    static _Thread_local bool is_panicking;
    if (!is_panicking) {
        is_panicking = true;
        console_panic();
        rt_flush_output();
        va_list arguments;
        va_start(arguments, format);
        say_last_words(file, function, line, err, format, arguments);
        va_end(arguments);
    }
    _exit(EXIT_FAILURE);
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
