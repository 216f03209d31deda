#include <aos/elf.h>
#include <stdbool.h>
#include <string.h>

#define PAGE_BYTES 4096UL

#define CLASS_64          2
#define DATA_LITTLE       1
#define VERSION_CURRENT   1
#define TYPE_EXECUTABLE   2
#define MACHINE_AARCH64   183
#define SEGMENT_LOAD      1
#define SEGMENT_DYNAMIC   2
#define SEGMENT_INTERPRET 3

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

static bool pages_overlap(const struct elf_segment *a, const struct elf_segment *b)
{
    uint64_t a_last = (a->vaddr + a->memory_bytes - 1) / PAGE_BYTES;
    uint64_t b_last = (b->vaddr + b->memory_bytes - 1) / PAGE_BYTES;
    return a->vaddr / PAGE_BYTES <= b_last && b->vaddr / PAGE_BYTES <= a_last;
}

static errval_t add_segment(const struct program_header *header, size_t file_bytes, uint64_t low,
                            uint64_t high, struct elf_image *image)
{
    if (image->segment_count == ELF_MAX_SEGMENTS || header->filesz > header->memsz
        || !range_is_inside(header->offset, header->filesz, 0, file_bytes)
        || !range_is_inside(header->vaddr, header->memsz, low, high)) {
        return ELF_ERR_SEGMENT_RANGE;
    }
    if (header->vaddr % PAGE_BYTES != header->offset % PAGE_BYTES) {
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
    return SYS_ERR_OK;
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

errval_t elf_parse(const void *file, size_t bytes, uint64_t low, uint64_t high, struct elf_image *image)
{
    struct file_header header;
    if (bytes < sizeof(header)) {
        return ELF_ERR_HEADER;
    }
    memcpy(&header, file, sizeof(header));
    if (!header_is_good(&header)) {
        return ELF_ERR_HEADER;
    }
    if (header.phentsize != sizeof(struct program_header)
        || !range_is_inside(header.phoff, (uint64_t)header.phnum * sizeof(struct program_header), 0, bytes)) {
        return ELF_ERR_PROGRAM_HEADERS;
    }
    *image = (struct elf_image){.entry = header.entry};
    for (unsigned i = 0; i < header.phnum; i++) {
        struct program_header program;
        memcpy(&program, (const char *)file + header.phoff + i * sizeof(program), sizeof(program));
        if (program.type == SEGMENT_DYNAMIC || program.type == SEGMENT_INTERPRET) {
            return ELF_ERR_HEADER;
        }
        if (program.type == SEGMENT_LOAD && program.memsz > 0) {
            errval_t err = add_segment(&program, bytes, low, high, image);
            if (err_is_fail(err)) {
                return err;
            }
        }
    }
    return entry_is_good(image) ? SYS_ERR_OK : ELF_ERR_ENTRY;
}
