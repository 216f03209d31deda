/**
 * init's address space, built by the kernel through the same capability operations that domains use.
 */
#ifndef KERNEL_BOOT_INIT_IMAGE_H
#define KERNEL_BOOT_INIT_IMAGE_H

#include <cap/cap.h>

struct init_image {
    struct cte *pages;    ///< Slots of the page CNode: tables from 0, their mappings from 128.
    struct cte *segments; ///< Slots of the segment CNode: frames from 0, their mappings from 128.
    uint32_t table_count;
    uint32_t segment_count;
    struct {
        unsigned level;
        lvaddr_t base; ///< First address that the table covers.
    } tables[32];
};

/// Building init cannot fail but by a bug: panics, and says what failed.
void init_must(errval_t err, const char *what);

void init_image_begin(struct init_image *image, struct cte *pages, struct cte *segments);

/// Takes memory for a frame, clears it and maps it. `slot` gets the capability, or a segment slot if it is
/// NULL. Returns its memory.
void *init_image_frame(struct init_image *image, struct cte *slot, lvaddr_t address, gensize_t bytes,
                       uint64_t flags);

/// Maps a frame that exists in 2 MiB pages, read-write.
void init_image_map_large(struct init_image *image, struct cte *frame, lvaddr_t address);

/// Loads the executable of init. Returns its entry point. Panics if it is not one: it comes with the kernel.
lvaddr_t init_image_load(struct init_image *image, const void *elf, size_t bytes);

#endif
