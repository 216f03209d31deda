#include <aos/elf.h>
#include <stdbool.h>
#include <string.h>

#define PAGE_BYTES      4096UL
#define TLS_LIMIT_BYTES 0x100000UL

#define CLASS_64          2
#define DATA_LITTLE       1
#define VERSION_CURRENT   1
#define TYPE_EXECUTABLE   2
#define MACHINE_AARCH64   183
#define SEGMENT_LOAD      1
#define SEGMENT_DYNAMIC   2
#define SEGMENT_INTERPRET 3
#define SEGMENT_TLS       7

struct file_header {
    uint8_t magic[4];
    uint8_t class;
    uint8_t data;
    uint8_t ident_version;
    uint8_t ident_rest[9];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t phoff;
    uint64_t shoff;
    uint32_t flags;
    uint16_t ehsize;
    uint16_t phentsize;
    uint16_t phnum;
    uint16_t shentsize;
    uint16_t shnum;
    uint16_t shstrndx;
};

struct program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t vaddr;
    uint64_t paddr;
    uint64_t filesz;
    uint64_t memsz;
    uint64_t align;
};

_Static_assert(sizeof(struct file_header) == 64, "as in the file");
_Static_assert(sizeof(struct program_header) == 56, "as in the file");

static bool header_is_good(const struct file_header *header)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    return memcmp(header->magic, magic, sizeof(magic)) == 0 && header->class == CLASS_64
           && header->data == DATA_LITTLE && header->ident_version == VERSION_CURRENT
           && header->type == TYPE_EXECUTABLE && header->machine == MACHINE_AARCH64
           && header->version == VERSION_CURRENT;
}

/// True if [start, start + length) lies in [low, high), without overflow.
static bool range_is_inside(uint64_t start, uint64_t length, uint64_t low, uint64_t high)
{
    return start >= low && start <= high && length <= high - start;
}

static uint64_t last_page(const struct elf_segment *segment)
{
    return (segment->vaddr + segment->memory_bytes - 1) / PAGE_BYTES;
}

static bool pages_overlap(const struct elf_segment *a, const struct elf_segment *b)
{
    return a->vaddr / PAGE_BYTES <= last_page(b) && b->vaddr / PAGE_BYTES <= last_page(a);
}

static bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/// An alignment of 0 or 1 means none. Pages are what is mapped: their alignment is what counts.
static bool alignment_is_good(const struct program_header *header)
{
    return header->vaddr % PAGE_BYTES == header->offset % PAGE_BYTES
           && (header->align == 0 || is_power_of_two(header->align));
}

/// Pages that can be written are never executed, and pages that cannot be read do not exist. Code is never
/// copied nor cleared, so all of it stands in the file.
static errval_t check_flags(const struct program_header *header)
{
    const uint32_t flags = header->flags;
    if (!(flags & ELF_READ) || (flags & ELF_WRITE && flags & ELF_EXECUTE)) {
        return ELF_ERR_SEGMENT_FLAGS;
    }
    return flags & ELF_EXECUTE && header->filesz != header->memsz ? ELF_ERR_SEGMENT_RANGE : SYS_ERR_OK;
}

static errval_t add_segment(const struct program_header *header, size_t file_bytes,
                            const struct elf_limits *limits, struct elf_image *image)
{
    if (image->segment_count == ELF_MAX_SEGMENTS) {
        return ELF_ERR_SEGMENT_COUNT;
    }
    if (header->filesz > header->memsz || !range_is_inside(header->offset, header->filesz, 0, file_bytes)
        || !range_is_inside(header->vaddr, header->memsz, limits->low, limits->high)) {
        return ELF_ERR_SEGMENT_RANGE;
    }
    errval_t err = check_flags(header);
    if (err_is_fail(err)) {
        return err;
    }
    if (!alignment_is_good(header)) {
        return ELF_ERR_SEGMENT_ALIGNMENT;
    }
    struct elf_segment *segment = &image->segments[image->segment_count];
    *segment = (struct elf_segment){
        .vaddr = header->vaddr,
        .memory_bytes = header->memsz,
        .offset = header->offset,
        .file_bytes = header->filesz,
        .flags = header->flags & (ELF_READ | ELF_WRITE | ELF_EXECUTE),
    };
    for (unsigned i = 0; i < image->segment_count; i++) {
        if (pages_overlap(segment, &image->segments[i])) {
            return ELF_ERR_SEGMENT_OVERLAP;
        }
    }
    image->segment_count++;
    image->memory_bytes += (last_page(segment) + 1 - segment->vaddr / PAGE_BYTES) * PAGE_BYTES;
    return image->memory_bytes <= limits->memory_bytes ? SYS_ERR_OK : ELF_ERR_MEMORY;
}

/// What threads' own data starts from is part of a segment, at the same place in file and memory; what is
/// cleared behind it is in none.
static bool tls_is_good(const struct program_header *tls, const struct elf_image *image)
{
    if (tls->filesz > tls->memsz || tls->memsz > TLS_LIMIT_BYTES
        || (tls->align != 0 && !is_power_of_two(tls->align)) || tls->align > PAGE_BYTES) {
        return false;
    }
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (range_is_inside(tls->vaddr, tls->filesz, segment->vaddr, segment->vaddr + segment->file_bytes)
            && tls->offset - segment->offset == tls->vaddr - segment->vaddr) {
            return true;
        }
    }
    return tls->filesz == 0;
}

static bool entry_is_good(const struct elf_image *image)
{
    for (unsigned i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->flags & ELF_EXECUTE && segment->file_bytes >= 4
            && range_is_inside(image->entry, 4, segment->vaddr, segment->vaddr + segment->file_bytes)) {
            return image->entry % 4 == 0;
        }
    }
    return false;
}

/// All program headers. \param tls set to that of the thread-local data, if there is one
static errval_t read_program_headers(const char *headers, unsigned count, size_t file_bytes,
                                     const struct elf_limits *limits, struct elf_image *image,
                                     struct program_header *tls)
{
    for (unsigned i = 0; i < count; i++) {
        struct program_header program;
        errval_t err = SYS_ERR_OK;
        memcpy(&program, headers + i * sizeof(program), sizeof(program));
        switch (program.type) {
        case SEGMENT_DYNAMIC:
        case SEGMENT_INTERPRET:
            return ELF_ERR_HEADER;
        case SEGMENT_LOAD:
            err = program.memsz > 0 ? add_segment(&program, file_bytes, limits, image) : SYS_ERR_OK;
            break;
        case SEGMENT_TLS:
            err = tls->type == SEGMENT_TLS ? ELF_ERR_TLS : SYS_ERR_OK;
            *tls = program;
            break;
        default: // notes, and what others have for tools
            break;
        }
        if (err_is_fail(err)) {
            return err;
        }
    }
    return SYS_ERR_OK;
}

errval_t elf_parse(const void *file, size_t bytes, const struct elf_limits *limits, struct elf_image *image)
{
    struct file_header header;
    struct program_header tls = {0};
    if (bytes < sizeof(header)) {
        return ELF_ERR_HEADER;
    }
    memcpy(&header, file, sizeof(header));
    if (!header_is_good(&header)) {
        return ELF_ERR_HEADER;
    }
    if (header.phentsize != sizeof(struct program_header) || header.phnum > ELF_MAX_HEADERS
        || header.phoff % _Alignof(struct program_header) != 0
        || !range_is_inside(header.phoff, (uint64_t)header.phnum * sizeof(struct program_header), 0, bytes)) {
        return ELF_ERR_PROGRAM_HEADERS;
    }
    image->entry = header.entry;
    image->memory_bytes = 0;
    image->segment_count = 0;
    errval_t err =
        read_program_headers((const char *)file + header.phoff, header.phnum, bytes, limits, image, &tls);
    if (err_is_fail(err)) {
        return err;
    }
    if (tls.type == SEGMENT_TLS && !tls_is_good(&tls, image)) {
        return ELF_ERR_TLS;
    }
    return entry_is_good(image) ? SYS_ERR_OK : ELF_ERR_ENTRY;
}
