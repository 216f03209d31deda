/**
 * An executable as our linker makes them, to be damaged: text, read-only data, data with cleared memory
 * behind it, and thread-local data in the second of these.
 */
#ifndef TESTS_ELF_FILE_H
#define TESTS_ELF_FILE_H

#include <aos/elf.h>
#include <string.h>

#define LOW          0x400000UL
#define HIGH         0x3ec00000UL
#define MEMORY_BYTES 0x100000UL
#define FILE_BYTES   0x5000
#define HEADERS_AT   64
#define HEADER_BYTES 56
#define HEADERS      4

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
#define P_ALIGN     48

#define TYPE_LOAD 1
#define TYPE_TLS  7

static const struct elf_limits limits = {LOW, HIGH, MEMORY_BYTES};

static inline void put(uint8_t *file, size_t at, uint64_t value, size_t bytes)
{
    memcpy(file + at, &value, bytes);
}

static inline void put_header(uint8_t *file, unsigned number, uint32_t type, uint32_t flags, uint64_t offset,
                              uint64_t filesz, uint64_t memsz)
{
    uint8_t *header = file + HEADERS_AT + number * HEADER_BYTES;
    put(header, P_TYPE, type, 4);
    put(header, P_FLAGS, flags, 4);
    put(header, P_OFFSET, offset, 8);
    put(header, P_VADDR, LOW - 0x1000 + offset, 8);
    put(header, P_FILESZ, filesz, 8);
    put(header, P_MEMSZ, memsz, 8);
    put(header, P_ALIGN, type == TYPE_LOAD ? 0x1000 : 8, 8);
}

static inline void make_file(uint8_t *file)
{
    static const uint8_t ident[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    memset(file, 0, FILE_BYTES);
    memcpy(file, ident, sizeof(ident));
    put(file, 16, 2, 2);
    put(file, 18, 183, 2);
    put(file, 20, 1, 4);
    put(file, E_ENTRY, LOW + 0x10, 8);
    put(file, E_PHOFF, HEADERS_AT, 8);
    put(file, E_PHENTSIZE, HEADER_BYTES, 2);
    put(file, E_PHNUM, HEADERS, 2);
    put_header(file, 0, TYPE_LOAD, ELF_READ | ELF_EXECUTE, 0x1000, 0x800, 0x800);
    put_header(file, 1, TYPE_LOAD, ELF_READ, 0x2000, 0x1180, 0x1180);
    put_header(file, 2, TYPE_LOAD, ELF_READ | ELF_WRITE, 0x4010, 0x100, 0x5000);
    put_header(file, 3, TYPE_TLS, ELF_READ, 0x3100, 0x80, 0x94);
}

#endif
