/**
 * Executables that were damaged at random: whatever elf_parse() accepts can be loaded as it says.
 *
 * LANTERN_ELF_FUZZ says how many, and LANTERN_ELF_SEED which; ./lantern test fuzz has many more.
 *
 * Sources: lib/elf/elf.c
 */
#include "elf_file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_FILES 100000
#define PAGE          0x1000UL
#define MAX_CHANGES   5
#define HEADERS_BYTES (HEADERS_AT + HEADERS * HEADER_BYTES)

static uint64_t random_state;

/// splitmix64
static uint64_t random_next(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15UL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9UL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebUL;
    return z ^ z >> 31;
}

static size_t random_below(size_t bound)
{
    return random_next() % bound;
}

/// A value that sits at some border, or near one.
static uint64_t random_nasty(void)
{
    static const uint64_t values[] = {
        0,   1,    7,          PAGE - 1,     PAGE,       UINT16_MAX, UINT32_MAX,   INT64_MAX,
        LOW, HIGH, FILE_BYTES, MEMORY_BYTES, UINT64_MAX, 1UL << 63,  0x38000000UL, LOW + 0x3000};
    const uint64_t value = values[random_below(sizeof(values) / sizeof(values[0]))];
    return random_below(2) ? value : value + random_below(0x2001) - 0x1000;
}

static void flip_bit(uint8_t *file)
{
    file[random_below(HEADERS_BYTES)] ^= (uint8_t)(1 << random_below(8));
}

static void set_field(uint8_t *file)
{
    put(file, random_below(HEADERS_BYTES / 8) * 8, random_nasty(), 8);
}

/// One of the fields of a program header, with a value for which it is meant.
static void move_field(uint8_t *file)
{
    static const size_t fields[] = {P_OFFSET, P_VADDR, P_FILESZ, P_MEMSZ, P_ALIGN};
    uint8_t *field = file + HEADERS_AT + random_below(HEADERS) * HEADER_BYTES + fields[random_below(5)];
    uint64_t value;
    memcpy(&value, field, sizeof(value));
    put(field, 0, value + (random_below(8) - 4) * (random_below(2) ? PAGE : 1), 8);
}

static void set_flags(uint8_t *file)
{
    put(file, HEADERS_AT + random_below(HEADERS) * HEADER_BYTES + P_FLAGS, random_below(8), 4);
}

static void set_type(uint8_t *file)
{
    put(file, HEADERS_AT + random_below(HEADERS) * HEADER_BYTES + P_TYPE, random_below(9), 4);
}

static void copy_header(uint8_t *file)
{
    memcpy(file + HEADERS_AT + random_below(HEADERS) * HEADER_BYTES,
           file + HEADERS_AT + random_below(HEADERS) * HEADER_BYTES, HEADER_BYTES);
}

static void exchange_headers(uint8_t *file)
{
    uint8_t *a = file + HEADERS_AT + random_below(HEADERS) * HEADER_BYTES;
    uint8_t *b = file + HEADERS_AT + random_below(HEADERS) * HEADER_BYTES;
    uint8_t kept[HEADER_BYTES];
    memcpy(kept, a, HEADER_BYTES);
    memmove(a, b, HEADER_BYTES);
    memcpy(b, kept, HEADER_BYTES);
}

static void set_count(uint8_t *file)
{
    put(file, E_PHNUM, random_below(2) ? random_below(HEADERS + 3) : random_below(UINT16_MAX + 1UL), 2);
}

static void overwrite(uint8_t *file)
{
    const size_t at = random_below(HEADERS_BYTES);
    for (size_t i = at; i < at + random_below(32); i++) {
        file[i] = (uint8_t)random_next();
    }
}

static void damage(uint8_t *file)
{
    static void (*const ways[])(uint8_t * file) = {
        flip_bit, set_field,   move_field,       move_field, set_flags,
        set_type, copy_header, exchange_headers, set_count,  overwrite,
    };
    for (size_t changes = random_below(MAX_CHANGES); changes > 0; changes--) {
        ways[random_below(sizeof(ways) / sizeof(ways[0]))](file);
    }
}

static uint64_t first_page(const struct elf_segment *segment)
{
    return segment->vaddr / PAGE;
}

static uint64_t end_page(const struct elf_segment *segment)
{
    return (segment->vaddr + segment->memory_bytes + PAGE - 1) / PAGE;
}

static void assert_segment_is_sane(const struct elf_segment *segment, size_t bytes)
{
    assert_true(segment->memory_bytes != 0 && segment->file_bytes <= segment->memory_bytes);
    assert_true(segment->offset <= bytes && segment->file_bytes <= bytes - segment->offset);
    assert_true(segment->vaddr >= LOW && segment->vaddr <= HIGH);
    assert_true(segment->memory_bytes <= HIGH - segment->vaddr);
    assert_true(segment->vaddr % PAGE == segment->offset % PAGE);
    assert_true(segment->flags & ELF_READ && !(segment->flags & ~7U));
    assert_false(segment->flags & ELF_WRITE && segment->flags & ELF_EXECUTE);
    assert_false(segment->flags & ELF_EXECUTE && segment->file_bytes != segment->memory_bytes);
}

/// What a loader relies on, however the file looks.
static void assert_safe(const struct elf_image *image, const uint8_t *file, size_t bytes)
{
    uint64_t pages = 0;
    bool entry_found = false;
    volatile uint64_t sum = 0; // of what a loader would read
    assert_true(image->segment_count <= ELF_MAX_SEGMENTS);
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *a = &image->segments[i];
        assert_segment_is_sane(a, bytes);
        pages += end_page(a) - first_page(a);
        entry_found |= a->flags & ELF_EXECUTE && image->entry >= a->vaddr
                       && image->entry - a->vaddr + 4 <= a->file_bytes;
        for (unsigned j = 0; j < i; j++) {
            const struct elf_segment *b = &image->segments[j];
            assert_true(end_page(a) <= first_page(b) || end_page(b) <= first_page(a));
        }
        for (uint64_t at = 0; at < a->file_bytes; at += at + PAGE < a->file_bytes ? PAGE : 1) {
            sum += file[a->offset + at];
        }
    }
    assert_true(entry_found && image->entry % 4 == 0);
    assert_true(image->memory_bytes == pages * PAGE && image->memory_bytes <= MEMORY_BYTES);
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 0) : otherwise;
}

static void test_damaged_files(void **state)
{
    (void)state;
    const unsigned long files = number_from("LANTERN_ELF_FUZZ", DEFAULT_FILES);
    const unsigned long seed = number_from("LANTERN_ELF_SEED", 1);
    static uint8_t original[FILE_BYTES];
    unsigned long accepted = 0;
    for (unsigned long i = 0; i < files; i++) {
        random_state = seed + i;
        make_file(original);
        damage(original);
        // Sometimes cut off, and of exactly its size, so that a read beyond it is seen.
        const size_t bytes = random_below(8) ? FILE_BYTES : random_below(FILE_BYTES + 1);
        uint8_t *file = malloc(bytes + 1);
        memcpy(file, original, bytes);
        struct elf_image image;
        if (err_is_ok(elf_parse(file, bytes, &limits, &image))) {
            assert_safe(&image, file, bytes);
            accepted++;
        }
        free(file);
    }
    print_message("%lu of %lu files accepted\n", accepted, files);
    assert_true(accepted > files / 10 && accepted < files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
