/**
 * What an operation on the address space may need: slots, page tables and nodes, kept ready so that it asks
 * nobody for anything in the middle. The section "space" protects it, and everything in lib/paging/space.h.
 */
#ifndef LIB_PAGING_STOCK_H
#define LIB_PAGING_STOCK_H

#include <paging/tables.h>
#include <section/section.h>

extern const struct page_supply stock_supply;

/// What an operation gave back beyond what the stock keeps. It goes when the section has been left.
struct stock_surplus {
    struct capref slots[16];
    unsigned slot_count;
    struct capref tables[4];
    unsigned table_count;
};

/// An operation on the address space, on the stack of its thread.
struct space_operation {
    struct section_visit visit;
    struct stock_surplus surplus;
};

/// Enters the section with all that one operation needs. \return why it is not there; then outside
errval_t space_begin(struct space_operation *operation);

/// The same for operations that give back, with whatever is there.
void space_begin_free(struct space_operation *operation);

void space_end(struct space_operation *operation);

/// RAM of all page tables, those in use and those that are kept.
size_t stock_bytes(void);

/// A node of PAGE_NODE_BYTES, inside the section. One operation may take four, beside what it does with
/// tables.
void *stock_node(void);
void stock_node_free(void *node);

#endif
