/**
 * Arguments and environment as they stand in a child's memory, from strings and from packed text.
 *
 * Sources: lib/spawn/vectors.c
 * Includes: lib
 */
#include <check.h>
#include <spawn/vectors.h>
#include <stdlib.h>
#include <string.h>

#define THERE 0x48000000UL

/// What was made of a request, read as the child reads it.
struct made {
    struct arguments_size size;
    struct domain_arguments *arguments;
};

static struct made make(const struct spawn_request *request)
{
    struct made made;
    assert_int_equal(arguments_measure(request, &made.size), SYS_ERR_OK);
    made.arguments = malloc(made.size.bytes); // exactly: a write beyond it is seen
    arguments_write(request, &made.size, made.arguments, THERE);
    assert_int_equal(made.arguments->bytes, made.size.bytes);
    return made;
}

static const char *string(const struct made *made, size_t entry)
{
    const char *there = made->arguments->vectors[entry];
    return there ? (const char *)made->arguments + ((lvaddr_t)there - THERE) : NULL;
}

static void assert_usual(const struct spawn_request *request)
{
    struct made made = make(request);
    assert_int_equal(made.arguments->argc, 3);
    assert_int_equal(made.arguments->envc, 1);
    assert_string_equal(string(&made, 0), "cat");
    assert_string_equal(string(&made, 1), "");
    assert_string_equal(string(&made, 2), "a b");
    assert_null(string(&made, 3));
    assert_string_equal(string(&made, 4), "HOME=/");
    assert_null(string(&made, 5));
    free(made.arguments);
}

static void test_strings_and_packed_text_give_the_same(void **state)
{
    (void)state;
    static const char *const argv[] = {"cat", "", "a b", NULL};
    static const char *const envp[] = {"HOME=/", NULL};
    static const char packed[] = "cat\0\0a b\0HOME=/";
    assert_usual(&(struct spawn_request){.argv = argv, .envp = envp});
    assert_usual(
        &(struct spawn_request){.packed = packed, .packed_bytes = sizeof(packed), .argc = 3, .envc = 1});
}

static void test_nothing_at_all(void **state)
{
    (void)state;
    struct made made = make(&(struct spawn_request){0});
    assert_int_equal(made.arguments->argc + made.arguments->envc, 0);
    assert_null(string(&made, 0));
    assert_null(string(&made, 1));
    free(made.arguments);
    made = make(&(struct spawn_request){.packed = ""});
    assert_int_equal(made.size.text_bytes, 0);
    free(made.arguments);
}

static void test_packed_text_is_what_it_is_said_to_be(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
        uint32_t argc, envc;
    } cases[] = {
        {"a\0b", 4, 1, 0},       {"a\0b", 4, 2, 1},       {"a\0b", 3, 2, 0},
        {"a", 1, 1, 0},          {"", 0, 1, 0},           {"a", 2, 0, 0},
        {"a", 2, 0, UINT32_MAX}, {"a", 2, UINT32_MAX, 2}, {"a", 2, UINT32_MAX, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arguments_size size;
        char *text = malloc(cases[i].bytes + 1);
        memcpy(text, cases[i].text, cases[i].bytes);
        const struct spawn_request request = {
            .packed = text,
            .packed_bytes = cases[i].bytes,
            .argc = cases[i].argc,
            .envc = cases[i].envc,
        };
        assert_int_equal(arguments_measure(&request, &size), SYS_ERR_INVALID_ARGUMENT);
        free(text);
    }
}

/// The limit is one of all strings together, to the byte.
static void test_limit(void **state)
{
    (void)state;
    for (unsigned more = 0; more <= 1; more++) {
        const errval_t expected = more ? LIB_ERR_ARGUMENTS_TOO_LONG : SYS_ERR_OK;
        const size_t bytes = ARGUMENTS_LIMIT_BYTES + more;
        struct arguments_size size;
        char *text = malloc(bytes);
        memset(text, 'x', bytes);
        memcpy(text, "ls", 3);
        text[bytes - 1] = 0;
        const char *const argv[] = {text, text + 3, NULL};
        struct spawn_request request = {.argv = argv};
        assert_int_equal(arguments_measure(&request, &size), expected);
        request = (struct spawn_request){.argv = argv + 1, .envp = (const char *const[]){text, NULL}};
        assert_int_equal(arguments_measure(&request, &size), expected);
        request = (struct spawn_request){.packed = text, .packed_bytes = bytes, .argc = 2};
        assert_int_equal(arguments_measure(&request, &size), expected);
        free(text);
    }
}

/// Very many, and all empty: the vectors are most of it. One more is too many.
static void test_many_empty_strings(void **state)
{
    (void)state;
    char *text = calloc(1, ARGUMENTS_LIMIT_COUNT + 1);
    struct spawn_request request = {
        .packed = text,
        .packed_bytes = ARGUMENTS_LIMIT_COUNT,
        .argc = ARGUMENTS_LIMIT_COUNT - 5,
        .envc = 5,
    };
    struct made made = make(&request);
    assert_true(made.size.bytes <= USER_ARGS_MAX_BYTES);
    assert_string_equal(string(&made, ARGUMENTS_LIMIT_COUNT - 6), "");
    assert_null(string(&made, ARGUMENTS_LIMIT_COUNT - 5));
    assert_string_equal(string(&made, ARGUMENTS_LIMIT_COUNT), "");
    assert_null(string(&made, ARGUMENTS_LIMIT_COUNT + 1));
    request.packed_bytes++;
    request.envc++;
    assert_int_equal(arguments_measure(&request, &made.size), LIB_ERR_ARGUMENTS_TOO_LONG);
    free(made.arguments);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_and_packed_text_give_the_same),
        cmocka_unit_test(test_nothing_at_all),
        cmocka_unit_test(test_packed_text_is_what_it_is_said_to_be),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_many_empty_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
