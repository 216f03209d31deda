/**
 * A child that is being built: what the steps of spawn_load() share.
 */
#ifndef LIB_SPAWN_BUILDER_H
#define LIB_SPAWN_BUILDER_H

#include <aos/elf.h>
#include <aos/spawn.h>
#include <paging/tables.h>
#include <spawn/vectors.h>

/// L1 slots that a parent may fill.
#define BUILDER_L1_SLOTS ROOTCN_FREE

struct builder {
    const struct spawn_request *request;
    struct spawninfo *si;
    struct boot_file file;
    struct elf_image image;
    gensize_t ram_bytes; ///< Size of si->ram.
    gensize_t ram_used;
    struct capref root_table;
    size_t trace_bytes;
    size_t dispatcher_bytes;
    struct arguments_size arguments;
    /*
     * While the child is built its CNodes stand in our own CSpace too: page tables and frames can only be
     * used by the kernel's calls from there. 0: not made yet.
     */
    cslot_t own_l1[BUILDER_L1_SLOTS];
    cslot_t used_slots; ///< Of its CNode for page tables, memory and frames.
    struct page_tables tables;
    struct page_table *block_table; ///< Of the last level, for the stack and all that follows it.
};

/// A slot of one of the child's CNodes, as seen from our own CSpace.
struct capref builder_slot(const struct builder *builder, cslot_t l1_slot, cslot_t slot);

/// The next free slot of the child's CNode for page tables, memory and frames.
errval_t builder_next_slot(struct builder *builder, struct capref *ret);

/// Makes an object from the child's RAM. \param alignment a power of two
errval_t builder_object(struct builder *builder, struct capref dest, enum objtype type, size_t bytes,
                        size_t alignment);

/// RAM, CNodes and the capabilities that do not depend on anything else. cspace.c
errval_t builder_make_cspace(struct builder *builder);

/// Frees what was only needed for building, and takes the child's CNodes out of our own CSpace. cspace.c
void builder_release(struct builder *builder);

/// True if a segment needs no copy: the module's own pages can be mapped. vspace.c
bool builder_shares_segment(const struct elf_segment *segment);

/// Page tables and everything that is mapped, but for what arguments and dispatcher bring. vspace.c
errval_t builder_make_vspace(struct builder *builder);

/// Maps a frame of the child's at a fixed address. vspace.c
errval_t builder_map(struct builder *builder, lvaddr_t vaddr, struct capref frame, gensize_t offset,
                     size_t bytes, uint64_t flags);

/// The frame with argc, argv and envp. arguments.c
errval_t builder_make_arguments(struct builder *builder);

/// The dispatcher, with its frame, ready to run. dispatcher.c
errval_t builder_make_dispatcher(struct builder *builder);

#endif
