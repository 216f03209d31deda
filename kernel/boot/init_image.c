#include <abi/bootinfo.h>
#include <abi/syscall.h>
#include <boot/elf64.h>
#include <boot/init_image.h>
#include <boot/memory.h>
#include <string.h>

#define MAPPINGS_FROM 128
#define ENTRIES       512

void init_must(errval_t err, const char *what)
{
    if (err_is_fail(err)) {
        panic("building init: %s: error %lu", what, err);
    }
}

static unsigned shift_of(unsigned level)
{
    return 39 - 9 * level;
}

/// Finds the table of `level` for an address, and makes what is missing on the way.
static struct cte *table_for(struct init_image *image, unsigned level, lvaddr_t address)
{
    const lvaddr_t base = level == 0 ? 0 : ROUND_DOWN(address, 1UL << shift_of(level - 1));
    for (uint32_t i = 0; i < image->table_count; i++) {
        if (image->tables[i].level == level && image->tables[i].base == base) {
            return &image->pages[i];
        }
    }
    struct cte *parent = level == 0 ? NULL : table_for(image, level - 1, address);
    const uint32_t number = image->table_count++;
    if (number == ARRAY_LENGTH(image->tables)) {
        panic("init needs more than %u page tables", number);
    }
    const lpaddr_t memory = memory_take_clear(BASE_PAGE_SIZE, BASE_PAGE_SIZE);
    caps_create(&image->pages[number], ObjType_VNode_AARCH64_l0 + level, memory, BASE_PAGE_SIZE);
    image->tables[number].level = level;
    image->tables[number].base = base;
    if (parent != NULL) {
        init_must(caps_map(parent, &image->pages[number], &image->pages[MAPPINGS_FROM + number],
                           address >> shift_of(level - 1) & (ENTRIES - 1), 1, VREGION_FLAGS_READ_WRITE, 0),
                  "page table");
    }
    return &image->pages[number];
}

void init_image_begin(struct init_image *image, struct cte *pages, struct cte *segments)
{
    memset(image, 0, sizeof(*image));
    image->pages = pages;
    image->segments = segments;
    table_for(image, 0, 0);
}

static struct cte *next_segment(struct init_image *image)
{
    if (image->segment_count == MAPPINGS_FROM) {
        panic("init needs more than %u segments", MAPPINGS_FROM);
    }
    return &image->segments[image->segment_count++];
}

/// Maps a frame table by table: a capability is mapped once, so every further table takes a copy.
static void map_frame(struct init_image *image, struct cte *frame, lvaddr_t address, unsigned level,
                      uint64_t flags)
{
    const gensize_t page = 1UL << shift_of(level);
    const gensize_t bytes = frame->cap.bytes;
    struct cte *copy = frame;
    for (gensize_t offset = 0; offset < bytes;) {
        const size_t entry = (address + offset) >> shift_of(level) & (ENTRIES - 1);
        size_t count = (bytes - offset) / page;
        if (count > ENTRIES - entry) {
            count = ENTRIES - entry;
        }
        if (offset != 0) {
            copy = next_segment(image);
            init_must(caps_copy(copy, frame), "copy of a frame");
        }
        struct cte *mapping = next_segment(image);
        init_must(caps_map(table_for(image, level, address + offset), copy, mapping, entry, count, flags,
                           offset),
                  "frame");
        offset += count * page;
    }
}

void *init_image_frame(struct init_image *image, struct cte *slot, lvaddr_t address, gensize_t bytes,
                       uint64_t flags)
{
    const lpaddr_t memory = memory_take_clear(bytes, BASE_PAGE_SIZE);
    if (slot == NULL) {
        slot = next_segment(image);
    }
    caps_create(slot, ObjType_Frame, memory, bytes);
    map_frame(image, slot, address, 3, flags);
    return phys_to_virt(memory);
}

void init_image_map_large(struct init_image *image, struct cte *frame, lvaddr_t address)
{
    map_frame(image, frame, address, 2, VREGION_FLAGS_READ_WRITE);
}

/// Makes instructions that were written as data visible to instruction fetches.
static void synchronise_instructions(const char *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 64) {
        __asm__ volatile("dc cvau, %0" : : "r"(from + i) : "memory");
    }
    __asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" : : : "memory");
}

lvaddr_t init_image_load(struct init_image *image, const void *file, size_t bytes)
{
    const struct elf64_header *header = file;
    if (bytes < sizeof(*header) || memcmp(header->magic, ELF64_MAGIC, sizeof(header->magic)) != 0
        || header->machine != ELF64_MACHINE_AARCH64) {
        panic("the first boot module is not an executable for this processor");
    }
    const struct elf64_segment *segments = (const void *)((const char *)file + header->segments_at);
    for (unsigned i = 0; i < header->segment_count; i++) {
        const struct elf64_segment *segment = &segments[i];
        if (segment->type != ELF64_LOAD || segment->memory_bytes == 0) {
            continue;
        }
        const uint64_t flags = (segment->flags & ELF64_READ ? VREGION_FLAGS_READ : 0)
                               | (segment->flags & ELF64_WRITE ? VREGION_FLAGS_WRITE : 0)
                               | (segment->flags & ELF64_EXECUTE ? VREGION_FLAGS_EXECUTE : 0);
        const lvaddr_t first = ROUND_DOWN(segment->address, BASE_PAGE_SIZE);
        const gensize_t size = ROUND_UP(segment->address + segment->memory_bytes, BASE_PAGE_SIZE) - first;
        char *memory = init_image_frame(image, NULL, first, size, flags);
        memcpy(memory + (segment->address - first), (const char *)file + segment->file_at,
               segment->file_bytes);
        if (flags & VREGION_FLAGS_EXECUTE) {
            synchronise_instructions(memory, size);
        }
    }
    return header->entry;
}
