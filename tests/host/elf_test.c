/**
 * The loader's parser: a good file, each kind of bad one, and many that were damaged at random.
 *
 * Sources: lib/elf/elf.c
 */
#include <aos/elf.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LOW           0x400000UL
#define HIGH          0x40000000UL
#define FILE_BYTES    0x3000
#define HEADERS_AT    64
#define HEADER_BYTES  56
#define DAMAGED_FILES 200000

/* Offsets in the file header and in a program header. */
#define E_ENTRY     24
#define E_PHOFF     32
#define E_PHENTSIZE 54
#define E_PHNUM     56
#define P_TYPE      0
#define P_FLAGS     4
#define P_OFFSET    8
#define P_VADDR     16
#define P_FILESZ    32
#define P_MEMSZ     40

static uint8_t good[FILE_BYTES];

static void put(uint8_t *file, size_t at, uint64_t value, size_t bytes)
{
    memcpy(file + at, &value, bytes);
}

static void put_segment(unsigned number, uint32_t flags, uint64_t offset, uint64_t vaddr, uint64_t filesz,
                        uint64_t memsz)
{
    const size_t at = HEADERS_AT + number * HEADER_BYTES;
    put(good, at + P_TYPE, 1, 4);
    put(good, at + P_FLAGS, flags, 4);
    put(good, at + P_OFFSET, offset, 8);
    put(good, at + P_VADDR, vaddr, 8);
    put(good, at + P_FILESZ, filesz, 8);
    put(good, at + P_MEMSZ, memsz, 8);
}

static int make_good(void **state)
{
    (void)state;
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    memset(good, 0, sizeof(good));
    memcpy(good, ident, sizeof(ident));
    put(good, 16, 2, 2);
    put(good, 18, 183, 2);
    put(good, 20, 1, 4);
    put(good, E_ENTRY, LOW + 0x10, 8);
    put(good, E_PHOFF, HEADERS_AT, 8);
    put(good, E_PHENTSIZE, HEADER_BYTES, 2);
    put(good, E_PHNUM, 2, 2);
    put_segment(0, ELF_READ | ELF_EXECUTE, 0x1000, LOW, 0x800, 0x800);
    put_segment(1, ELF_READ | ELF_WRITE, 0x2010, LOW + 0x2010, 0x100, 0x5000);
    return 0;
}

static errval_t parse(struct elf_image *image)
{
    return elf_parse(good, sizeof(good), LOW, HIGH, image);
}

static void test_good_file(void **state)
{
    (void)state;
    struct elf_image image;
    assert_int_equal(parse(&image), SYS_ERR_OK);
    assert_int_equal(image.segment_count, 2);
    assert_int_equal(image.entry, LOW + 0x10);
    assert_int_equal(image.segments[1].memory_bytes, 0x5000);
}

/// One field of the good file changed, and the error that this must give.
struct spoiled {
    size_t at;
    uint64_t value;
    size_t bytes;
    errval_t error;
};

static void test_bad_fields(void **state)
{
    (void)state;
    const size_t first = HEADERS_AT, second = HEADERS_AT + HEADER_BYTES;
    const struct spoiled cases[] = {
        {0, 0, 1, ELF_ERR_HEADER},
        {4, 1, 1, ELF_ERR_HEADER},
        {18, 62, 2, ELF_ERR_HEADER},
        {E_PHENTSIZE, 32, 2, ELF_ERR_PROGRAM_HEADERS},
        {E_PHOFF, FILE_BYTES - 8, 8, ELF_ERR_PROGRAM_HEADERS},
        {E_PHOFF, UINT64_MAX - 8, 8, ELF_ERR_PROGRAM_HEADERS},
        {E_PHNUM, UINT16_MAX, 2, ELF_ERR_PROGRAM_HEADERS},
        {second + P_OFFSET, FILE_BYTES, 8, ELF_ERR_SEGMENT_RANGE},
        {second + P_OFFSET, UINT64_MAX - 0xfef, 8, ELF_ERR_SEGMENT_RANGE},
        {second + P_VADDR, 0x10, 8, ELF_ERR_SEGMENT_RANGE},
        {second + P_VADDR, HIGH - 0xff0, 8, ELF_ERR_SEGMENT_RANGE},
        {second + P_MEMSZ, UINT64_MAX, 8, ELF_ERR_SEGMENT_RANGE},
        {second + P_MEMSZ, 0x10, 8, ELF_ERR_SEGMENT_RANGE},
        {second + P_VADDR, LOW + 0x2011, 8, ELF_ERR_SEGMENT_ALIGNMENT},
        {second + P_VADDR, LOW + 0x010, 8, ELF_ERR_SEGMENT_OVERLAP},
        {E_ENTRY, LOW + 0x2020, 8, ELF_ERR_ENTRY},
        {E_ENTRY, LOW + 0x11, 8, ELF_ERR_ENTRY},
        {first + P_FLAGS, ELF_READ, 4, ELF_ERR_ENTRY},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct elf_image image;
        make_good(NULL);
        put(good, cases[i].at, cases[i].value, cases[i].bytes);
        assert_int_equal(parse(&image), cases[i].error);
    }
}

static void test_short_files(void **state)
{
    (void)state;
    struct elf_image image;
    for (size_t bytes = 0; bytes < 0x2110; bytes += bytes < 256 ? 1 : 97) {
        // A copy of exactly this size, so that a read beyond it is seen.
        uint8_t *file = malloc(bytes + 1);
        memcpy(file + 1, good, bytes); // and not aligned
        assert_true(err_is_fail(elf_parse(file + 1, bytes, LOW, HIGH, &image)));
        free(file);
    }
}

/// What a loader relies on, however the file looks.
static void assert_safe(const struct elf_image *image, size_t file_bytes)
{
    assert_true(image->segment_count <= ELF_MAX_SEGMENTS);
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *a = &image->segments[i];
        assert_true(a->memory_bytes != 0 && a->file_bytes <= a->memory_bytes);
        assert_true(a->offset <= file_bytes && a->file_bytes <= file_bytes - a->offset);
        assert_true(a->vaddr >= LOW && a->vaddr <= HIGH && a->memory_bytes <= HIGH - a->vaddr);
        for (unsigned j = 0; j < i; j++) {
            const struct elf_segment *b = &image->segments[j];
            const uint64_t a_end = (a->vaddr + a->memory_bytes + 0xfff) & ~0xfffUL;
            const uint64_t b_end = (b->vaddr + b->memory_bytes + 0xfff) & ~0xfffUL;
            assert_true(a_end <= (b->vaddr & ~0xfffUL) || b_end <= (a->vaddr & ~0xfffUL));
        }
    }
}

static void test_damaged_files(void **state)
{
    (void)state;
    static const uint64_t nasty[] = {0,         1,          0xfff, 0x1000, UINT32_MAX,
                                     INT64_MAX, UINT64_MAX, LOW,   HIGH,   FILE_BYTES};
    unsigned accepted = 0;
    srandom(7);
    for (unsigned i = 0; i < DAMAGED_FILES; i++) {
        make_good(NULL);
        for (unsigned change = (unsigned)random() % 4; change > 0; change--) {
            const size_t at = (size_t)random() % (HEADERS_AT + 2 * HEADER_BYTES - 8);
            if (random() % 2 != 0) {
                good[at] ^= (uint8_t)(1 << random() % 8);
            } else {
                put(good, at & ~7UL, nasty[(size_t)random() % (sizeof(nasty) / sizeof(nasty[0]))], 8);
            }
        }
        struct elf_image image;
        if (err_is_ok(parse(&image))) {
            assert_safe(&image, sizeof(good));
            accepted++;
        }
    }
    assert_true(accepted > DAMAGED_FILES / 10 && accepted < DAMAGED_FILES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good_file, make_good),
        cmocka_unit_test_setup(test_bad_fields, make_good),
        cmocka_unit_test_setup(test_short_files, make_good),
        cmocka_unit_test_setup(test_damaged_files, make_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
