/**
 * Saying what went wrong: the whole stack of errors that a value holds.
 */
#ifndef AOS_DEBUG_H
#define AOS_DEBUG_H

#include <abi/errno.h>
#include <stddef.h>

/// Prints a message and what `err` says, the outermost layer first, on the console.
#define DEBUG_ERR(err, ...) debug_err(__FILE__, __func__, __LINE__, err, __VA_ARGS__)

/// The same, and ends the domain with status 1.
#define USER_PANIC_ERR(err, ...) user_panic_err(__FILE__, __func__, __LINE__, err, __VA_ARGS__)
#define USER_PANIC(...)          user_panic_err(__FILE__, __func__, __LINE__, SYS_ERR_OK, __VA_ARGS__)

void debug_err(const char *file, const char *function, int line, errval_t err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

_Noreturn void user_panic_err(const char *file, const char *function, int line, errval_t err,
                              const char *format, ...) __attribute__((format(printf, 5, 6)));

/// Writes the names in `err` as "OUTER because of INNER", as much as fits; always ends with a 0.
void err_describe(char *buffer, size_t bytes, errval_t err);

#endif
