/**
 * cmocka, and assertions that print errors by their names.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <abi/errno.h>

/// The expression, an errval_t, has this newest error.
#define assert_err(expression, expected)                                                 \
    do {                                                                                 \
        const errval_t assert_err_value = (expression);                                  \
        if (err_no(assert_err_value) != (expected)) {                                    \
            fail_msg("%s: %s instead of %s", #expression, err_getcode(assert_err_value), \
                     err_getcode(expected));                                             \
        }                                                                                \
    } while (0)

#define assert_ok(expression) assert_err(expression, SYS_ERR_OK)

/// The mapping database is sound.
#define assert_sound()                             \
    do {                                           \
        const char *assert_problem = caps_check(); \
        if (assert_problem != NULL) {              \
            fail_msg("%s", assert_problem);        \
        }                                          \
    } while (0)

#endif
