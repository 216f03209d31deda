/**
 * The parts of the ELF-64 object file format that loading init needs. lib/elf is the checked loader for
 * everybody else.
 */
#ifndef KERNEL_BOOT_ELF64_H
#define KERNEL_BOOT_ELF64_H

#include <stdint.h>

#define ELF64_MAGIC           "\177ELF\2\1\1"
#define ELF64_MACHINE_AARCH64 183
#define ELF64_LOAD            1
#define ELF64_EXECUTE         1
#define ELF64_WRITE           2
#define ELF64_READ            4

struct elf64_header {
    uint8_t magic[7];
    uint8_t padding[9];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t segments_at;
    uint64_t sections_at;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t segment_header_bytes;
    uint16_t segment_count;
};

struct elf64_segment {
    uint32_t type;
    uint32_t flags;
    uint64_t file_at;
    uint64_t address;
    uint64_t physical;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t align;
};

#endif
