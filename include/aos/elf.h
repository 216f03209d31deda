/**
 * Reading of executables: ELF64, little-endian, AArch64, statically linked (System V ABI, chapters 4 and 5).
 *
 * The file may hold anything: every field is checked before it is used. No memory is allocated and no system
 * call is made, so this builds for the host too.
 */
#ifndef AOS_ELF_H
#define AOS_ELF_H

#include <abi/errno.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 16
#define ELF_MAX_HEADERS  64 ///< Program headers, of segments and of other things.

/* Permissions of a segment, as in the file. */
#define ELF_EXECUTE 1
#define ELF_WRITE   2
#define ELF_READ    4

/// What an executable may ask for.
struct elf_limits {
    uint64_t low;          ///< Lowest address that a segment may have.
    uint64_t high;         ///< End of the addresses that segments may have.
    uint64_t memory_bytes; ///< Of all pages that segments touch.
};

/// A segment to be loaded. The ranges do not overlap in pages, and lie inside the limits. All can be read,
/// and none be both written and executed.
struct elf_segment {
    uint64_t vaddr;
    uint64_t memory_bytes; ///< Never 0, and at least `file_bytes`; what the file does not give is 0.
    uint64_t offset;       ///< In the file; congruent to `vaddr` modulo the page size.
    uint64_t file_bytes;   ///< All of it if the segment can be executed.
    uint32_t flags;        ///< ELF_READ, ELF_WRITE, ELF_EXECUTE
};

struct elf_image {
    uint64_t entry;        ///< In an executable segment.
    uint64_t memory_bytes; ///< Of all pages that segments touch.
    unsigned segment_count;
    struct elf_segment segments[ELF_MAX_SEGMENTS];
};

/**
 * Checks an executable and finds its segments.
 *
 * \param file  the whole file; need not be aligned
 * \param bytes its size
 * \param image the result; undefined on an error
 * \return SYS_ERR_OK, or ELF_ERR_*: HEADER, PROGRAM_HEADERS (also: more than ELF_MAX_HEADERS), SEGMENT_COUNT,
 * SEGMENT_RANGE, SEGMENT_FLAGS, SEGMENT_OVERLAP, SEGMENT_ALIGNMENT, MEMORY, TLS, ENTRY
 */
errval_t elf_parse(const void *file, size_t bytes, const struct elf_limits *limits, struct elf_image *image);

#endif
