/**
 * Checks in test domains: the first that fails says so and ends the domain with status 1.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <aos/debug.h>

/// `condition` must hold. The last line is for cppcheck, which does not see that a panic does not return.
#define CHECK(condition)                                 \
    do {                                                 \
        if (!(condition)) {                              \
            USER_PANIC("does not hold: %s", #condition); \
            __builtin_unreachable();                     \
        }                                                \
    } while (0)

/// `expression` must give SYS_ERR_OK.
#define CHECK_OK(expression)                              \
    do {                                                  \
        errval_t check_err = (expression);                \
        if (err_is_fail(check_err)) {                     \
            USER_PANIC_ERR(check_err, "%s", #expression); \
        }                                                 \
    } while (0)

/// `expression` must give an error that has `expected` in it, at any level.
#define CHECK_ERR(expression, expected)                                               \
    do {                                                                              \
        errval_t check_err = (expression);                                            \
        errval_t check_at = check_err;                                                \
        while (check_at && err_no(check_at) != (expected)) {                          \
            check_at = err_pop(check_at);                                             \
        }                                                                             \
        if (!check_at) {                                                              \
            USER_PANIC_ERR(check_err, "%s does not give %s", #expression, #expected); \
        }                                                                             \
    } while (0)

#endif
