/**
 * Error values: the stack of errors in one word, names and sentences.
 *
 * Sources:
 */
#include "check.h"

#include <string.h>

static void test_success_is_zero(void **state)
{
    (void)state;
    assert_int_equal(SYS_ERR_OK, 0);
    assert_true(err_is_ok(SYS_ERR_OK));
    assert_false(err_is_fail(SYS_ERR_OK));
    assert_true(err_is_fail(SYS_ERR_RIGHTS));
}

static void test_push_and_pop(void **state)
{
    (void)state;
    const errval_t inner = SYS_ERR_SLOT_IN_USE;
    const errval_t outer = err_push(inner, LIB_ERR_CAP_COPY);
    assert_int_equal(err_no(outer), LIB_ERR_CAP_COPY);
    assert_int_equal(err_pop(outer), inner);
    assert_int_equal(err_pop(err_pop(outer)), SYS_ERR_OK);
}

static void test_oldest_is_dropped(void **state)
{
    (void)state;
    errval_t err = SYS_ERR_OK;
    for (unsigned i = 1; i <= ERR_LEVELS + 3; i++) {
        err = err_push(err, i);
    }
    for (unsigned i = 0; i < ERR_LEVELS; i++) {
        assert_int_equal(err_no(err), ERR_LEVELS + 3 - i);
        err = err_pop(err);
    }
    assert_int_equal(err, 0);
}

static void test_only_the_newest_is_pushed(void **state)
{
    (void)state;
    const errval_t stacked = err_push(SYS_ERR_RIGHTS, LIB_ERR_CAP_COPY);
    assert_int_equal(err_pop(err_push(SYS_ERR_OK, stacked)), SYS_ERR_OK);
}

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(err_getcode(SYS_ERR_OK), "SYS_ERR_OK");
    assert_string_equal(err_getcode(err_push(SYS_ERR_RIGHTS, LIB_ERR_CAP_COPY)), "LIB_ERR_CAP_COPY");
    assert_string_equal(err_getcode(ERR_COUNT), "UNKNOWN_ERR");
    for (errval_t err = 0; err < ERR_COUNT; err++) {
        assert_non_null(strstr(err_getcode(err), "_ERR_"));
        assert_true(strlen(err_getstring(err)) > 3);
    }
    assert_non_null(err_getstring(ERR_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_success_is_zero),
        cmocka_unit_test(test_push_and_pop),
        cmocka_unit_test(test_oldest_is_dropped),
        cmocka_unit_test(test_only_the_newest_is_pushed),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
