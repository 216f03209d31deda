/**
 * Executables that are not boot modules: copies of one that is, in a frame, as they are and damaged. What is
 * wrong is refused and leaves nothing behind; what may pass is a child like any other.
 */
#include "starter.h"

#include <aos/aos.h>
#include <aos/threads.h>
#include <string.h>

#define HEADERS_AT     64
#define HEADER_BYTES   56
#define HEADERS        4
#define RANDOM_DAMAGES 40
#define PATIENCE       20 ///< Turns that a damaged child gets.

/* Offsets in the file header and in a program header. */
#define E_MACHINE 18
#define E_ENTRY   24
#define E_PHOFF   32
#define E_PHNUM   56
#define P_FLAGS   4
#define P_OFFSET  8
#define P_VADDR   16
#define P_FILESZ  32
#define P_MEMSZ   40

/// Of program header 0, which is that of the text, and 2, which is that of the data.
#define TEXT(offset) (HEADERS_AT + (offset))
#define DATA(offset) (HEADERS_AT + 2 * HEADER_BYTES + (offset))

static const struct damage {
    size_t offset;
    unsigned bytes;
    uint64_t value;
    errval_t error;
} damages[] = {
    {0, 4, 0, ELF_ERR_HEADER},
    {E_MACHINE, 2, 62, ELF_ERR_HEADER},
    {E_PHOFF, 8, 1UL << 40, ELF_ERR_PROGRAM_HEADERS},
    {E_PHOFF, 8, UINT64_MAX - 7, ELF_ERR_PROGRAM_HEADERS},
    {E_PHNUM, 2, 65535, ELF_ERR_PROGRAM_HEADERS},
    {E_PHNUM, 2, 0, ELF_ERR_ENTRY},
    {E_ENTRY, 8, 0, ELF_ERR_ENTRY},
    {E_ENTRY, 8, USER_DISPATCHER, ELF_ERR_ENTRY},
    {TEXT(P_FLAGS), 4, 7, ELF_ERR_SEGMENT_FLAGS},
    {TEXT(P_OFFSET), 8, 1UL << 40, ELF_ERR_SEGMENT_RANGE},
    {TEXT(P_OFFSET), 8, 8, ELF_ERR_SEGMENT_ALIGNMENT},
    {TEXT(P_FILESZ), 8, UINT64_MAX, ELF_ERR_SEGMENT_RANGE},
    {DATA(P_VADDR), 8, USER_IMAGE_BASE, ELF_ERR_SEGMENT_OVERLAP},
    {DATA(P_VADDR), 8, USER_STACK, ELF_ERR_SEGMENT_RANGE},
    {DATA(P_VADDR), 8, USER_OWN_BASE, ELF_ERR_SEGMENT_RANGE},
    {DATA(P_VADDR), 8, -BASE_PAGE_SIZE, ELF_ERR_SEGMENT_RANGE},
    {DATA(P_MEMSZ), 8, UINT64_MAX, ELF_ERR_SEGMENT_RANGE},
    {DATA(P_MEMSZ), 8, USER_IMAGE_MAX_BYTES, ELF_ERR_MEMORY},
};

static struct {
    struct boot_file file;
    char *content;
} copy;

static const char *const argv[] = {"hello", "clock", NULL};

/// Text that was copied has never been executed where it is now.
static void make_copy(void)
{
    struct boot_file module;
    void *window;
    CHECK_OK(module_find("hello", &module));
    const size_t bytes = ROUND_UP(module.bytes, BASE_PAGE_SIZE);
    CHECK_OK(frame_alloc(&copy.file.frame, bytes, NULL));
    CHECK_OK(paging_map_frame(get_current_paging_state(), &window, bytes, copy.file.frame));
    memcpy(window, module.content, module.bytes);
    copy.file.content = copy.content = window;
    copy.file.bytes = module.bytes;
}

static void must_be_refused(const struct damage *damage)
{
    char before[8];
    struct spawninfo si;
    const struct spawn_request request = {.name = "copy", .file = &copy.file, .argv = argv};
    memcpy(before, copy.content + damage->offset, damage->bytes);
    memcpy(copy.content + damage->offset, &damage->value, damage->bytes);
    CHECK_ERR(spawn_load(&request, &si), damage->error);
    CHECK_ERR(spawn_load(&request, &si), SPAWN_ERR_LOAD);
    CHECK(capref_is_null(si.ram));
    memcpy(copy.content + damage->offset, before, damage->bytes);
}

/// Some bits of the headers are wrong: that is refused, or runs for as long as it likes and we let it.
static void damage_at_random(uint64_t *state)
{
    char before[HEADERS_AT + HEADERS * HEADER_BYTES];
    struct spawninfo si;
    const struct spawn_request request = {.name = "copy", .file = &copy.file, .argv = argv};
    memcpy(before, copy.content, sizeof(before));
    for (unsigned bits = 1 + (unsigned)(*state >> 33) % 3; bits > 0; bits--) {
        *state = *state * 6364136223846793005UL + 1442695040888963407UL;
        copy.content[(*state >> 40) % sizeof(before)] ^= (char)(1 << (*state >> 33 & 7));
    }
    errval_t err = spawn_load(&request, &si);
    for (unsigned i = 0; i < PATIENCE && err_is_ok(err); i++) {
        thread_yield();
    }
    if (err_is_ok(err)) {
        CHECK_OK(spawn_destroy(&si));
    }
    memcpy(copy.content, before, sizeof(before));
}

static void must_run(size_t bytes)
{
    struct spawninfo si;
    const struct boot_file file = {copy.file.content, bytes, copy.file.frame};
    struct spawn_request request = {.name = "copy", .file = &file, .argv = argv};
    CHECK(run_to_end(&request, &si) == END_REASON_STOPPED);
    CHECK_OK(spawn_destroy(&si));
}

void try_images(unsigned seed)
{
    uint64_t state = seed + 1;
    make_copy();
    must_run(copy.file.bytes);
    for (unsigned i = 0; i < ARRAY_LENGTH(damages); i++) {
        must_be_refused(&damages[i]);
    }
    for (unsigned i = 0; i < RANDOM_DAMAGES; i++) {
        damage_at_random(&state);
    }
    must_run(copy.file.bytes);
    CHECK_OK(paging_unmap(get_current_paging_state(), copy.content));
    CHECK_OK(ram_free(copy.file.frame));
}
