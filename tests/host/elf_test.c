/**
 * The loader's parser: a good file, and each kind of bad one.
 *
 * Sources: lib/elf/elf.c
 */
#include "elf_file.h"

#include <check.h>
#include <stdlib.h>

#define HEADER(number) (HEADERS_AT + (number)*HEADER_BYTES)
#define TEXT           HEADER(0)
#define RODATA         HEADER(1)
#define DATA           HEADER(2)
#define TLS            HEADER(3)

static uint8_t file[FILE_BYTES];

static int make_good(void **state)
{
    (void)state;
    make_file(file);
    return 0;
}

static errval_t parse(struct elf_image *image)
{
    return elf_parse(file, sizeof(file), &limits, image);
}

static void test_good_file(void **state)
{
    (void)state;
    struct elf_image image;
    assert_int_equal(parse(&image), SYS_ERR_OK);
    assert_int_equal(image.segment_count, 3);
    assert_int_equal(image.entry, LOW + 0x10);
    assert_int_equal(image.segments[2].memory_bytes, 0x5000);
    assert_int_equal(image.memory_bytes, 0x1000 + 0x2000 + 0x6000);
}

/// One field of the good file changed, and the error that this must give.
struct spoiled {
    size_t at;
    uint64_t value;
    size_t bytes;
    errval_t error;
};

static void assert_refused(const struct spoiled *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct elf_image image;
        make_file(file);
        put(file, cases[i].at, cases[i].value, cases[i].bytes);
        assert_int_equal(parse(&image), cases[i].error);
    }
}

static void test_bad_headers(void **state)
{
    (void)state;
    static const struct spoiled cases[] = {
        {0, 0, 1, ELF_ERR_HEADER},
        {4, 1, 1, ELF_ERR_HEADER},
        {5, 2, 1, ELF_ERR_HEADER},
        {16, 3, 2, ELF_ERR_HEADER},
        {18, 62, 2, ELF_ERR_HEADER},
        {TLS + P_TYPE, 2, 4, ELF_ERR_HEADER},
        {TLS + P_TYPE, 3, 4, ELF_ERR_HEADER},
        {E_PHENTSIZE, 32, 2, ELF_ERR_PROGRAM_HEADERS},
        {E_PHOFF, HEADERS_AT + 4, 8, ELF_ERR_PROGRAM_HEADERS},
        {E_PHOFF, FILE_BYTES - 8, 8, ELF_ERR_PROGRAM_HEADERS},
        {E_PHOFF, UINT64_MAX - 7, 8, ELF_ERR_PROGRAM_HEADERS},
        {E_PHNUM, ELF_MAX_HEADERS + 1, 2, ELF_ERR_PROGRAM_HEADERS},
        {E_PHNUM, UINT16_MAX, 2, ELF_ERR_PROGRAM_HEADERS},
        {E_PHNUM, 0, 2, ELF_ERR_ENTRY},
        {E_ENTRY, LOW + 0x2020, 8, ELF_ERR_ENTRY},
        {E_ENTRY, LOW + 0x7fe, 8, ELF_ERR_ENTRY},
        {E_ENTRY, LOW + 0x800, 8, ELF_ERR_ENTRY},
        {E_ENTRY, LOW + 0x11, 8, ELF_ERR_ENTRY},
        {E_ENTRY, UINT64_MAX, 8, ELF_ERR_ENTRY},
        {TEXT + P_FLAGS, ELF_READ, 4, ELF_ERR_ENTRY},
    };
    assert_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_bad_segments(void **state)
{
    (void)state;
    static const struct spoiled cases[] = {
        {DATA + P_OFFSET, FILE_BYTES, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_OFFSET, UINT64_MAX - 0xfef, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_VADDR, 0x10, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_VADDR, HIGH - 0xff0, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_VADDR, UINT64_MAX - 0xfef, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_MEMSZ, UINT64_MAX, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_MEMSZ, 0x10, 8, ELF_ERR_SEGMENT_RANGE},
        {TEXT + P_MEMSZ, 0x801, 8, ELF_ERR_SEGMENT_RANGE},
        {DATA + P_MEMSZ, 0x38000000, 8, ELF_ERR_MEMORY},
        {DATA + P_MEMSZ, MEMORY_BYTES - 0x3010 + 1, 8, ELF_ERR_MEMORY},
        {DATA + P_VADDR, LOW + 0x4011, 8, ELF_ERR_SEGMENT_ALIGNMENT},
        {DATA + P_ALIGN, 0x1001, 8, ELF_ERR_SEGMENT_ALIGNMENT},
        {DATA + P_VADDR, LOW + 0x010, 8, ELF_ERR_SEGMENT_OVERLAP},
        {DATA + P_VADDR, LOW + 0x2010, 8, ELF_ERR_SEGMENT_OVERLAP},
        {DATA + P_FLAGS, ELF_READ | ELF_WRITE | ELF_EXECUTE, 4, ELF_ERR_SEGMENT_FLAGS},
        {DATA + P_FLAGS, ELF_WRITE, 4, ELF_ERR_SEGMENT_FLAGS},
        {TEXT + P_FLAGS, ELF_EXECUTE, 4, ELF_ERR_SEGMENT_FLAGS},
        {RODATA + P_FLAGS, 0, 4, ELF_ERR_SEGMENT_FLAGS},
    };
    assert_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_bad_thread_local_data(void **state)
{
    (void)state;
    static const struct spoiled cases[] = {
        {TLS + P_OFFSET, 0x3108, 8, ELF_ERR_TLS},     {TLS + P_VADDR, LOW + 0x2108, 8, ELF_ERR_TLS},
        {TLS + P_VADDR, UINT64_MAX, 8, ELF_ERR_TLS},  {TLS + P_FILESZ, 0x95, 8, ELF_ERR_TLS},
        {TLS + P_FILESZ, UINT64_MAX, 8, ELF_ERR_TLS}, {TLS + P_MEMSZ, UINT64_MAX, 8, ELF_ERR_TLS},
        {TLS + P_MEMSZ, 0x10, 8, ELF_ERR_TLS},        {TLS + P_ALIGN, 3, 8, ELF_ERR_TLS},
        {TLS + P_ALIGN, 0x2000, 8, ELF_ERR_TLS},      {TLS + P_FILESZ, 0x94, 8, ELF_ERR_TLS},
        {RODATA + P_TYPE, TYPE_TLS, 4, ELF_ERR_TLS},
    };
    assert_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_what_is_allowed(void **state)
{
    (void)state;
    static const struct spoiled cases[] = {
        {DATA + P_MEMSZ, MEMORY_BYTES - 0x3010, 8, SYS_ERR_OK}, // to the last byte
        {DATA + P_ALIGN, 0, 8, SYS_ERR_OK},
        {RODATA + P_MEMSZ, 0x1800, 8, SYS_ERR_OK},
        {TLS + P_TYPE, 4, 4, SYS_ERR_OK}, // a note
        {TLS + P_ALIGN, 0, 8, SYS_ERR_OK},
    };
    assert_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_too_many_segments(void **state)
{
    (void)state;
    static uint8_t many[FILE_BYTES];
    struct elf_image image;
    for (unsigned count = ELF_MAX_SEGMENTS; count <= ELF_MAX_SEGMENTS + 1; count++) {
        make_file(many);
        for (unsigned i = 0; i < count; i++) {
            put_header(many, i, TYPE_LOAD, i ? ELF_READ : ELF_READ | ELF_EXECUTE, 0x1000, 0x800, 0x800);
            put(many, HEADER(i) + P_VADDR, LOW + i * 0x1000, 8);
        }
        put(many, E_PHNUM, count, 2);
        assert_int_equal(elf_parse(many, sizeof(many), &limits, &image),
                         count > ELF_MAX_SEGMENTS ? ELF_ERR_SEGMENT_COUNT : SYS_ERR_OK);
    }
}

static void test_short_files(void **state)
{
    (void)state;
    struct elf_image image;
    for (size_t bytes = 0; bytes < 0x4110; bytes += bytes < 512 ? 1 : 97) {
        // A copy of exactly this size, so that a read beyond it is seen.
        uint8_t *copy = malloc(bytes + 1);
        memcpy(copy + 1, file, bytes); // and not aligned
        assert_true(err_is_fail(elf_parse(copy + 1, bytes, &limits, &image)));
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good_file, make_good),
        cmocka_unit_test_setup(test_bad_headers, make_good),
        cmocka_unit_test_setup(test_bad_segments, make_good),
        cmocka_unit_test_setup(test_bad_thread_local_data, make_good),
        cmocka_unit_test_setup(test_what_is_allowed, make_good),
        cmocka_unit_test_setup(test_too_many_segments, make_good),
        cmocka_unit_test_setup(test_short_files, make_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
