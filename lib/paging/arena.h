/**
 * Memory for what keeps track of memory: nodes of the physical memory manager, of the slot allocator and of
 * the paging library.
 *
 * It has addresses and page tables of its own, so that getting more depends on nothing that it serves: RAM
 * and slots are taken from the reserves of their sections. The first few hundred KiB stand in page tables
 * that the parent made and told of (struct domain_arguments). It is mapped when it is handed out, so that
 * touching it never faults, and it never goes back.
 */
#ifndef LIB_PAGING_ARENA_H
#define LIB_PAGING_ARENA_H

#include <abi/bootinfo.h>
#include <abi/errno.h>

/// The last entry of the root page table. What a domain maps itself lies below it.
#define ARENA_BASE (USER_LIMIT - (1UL << 39))

/**
 * Hands out cleared memory. For refills only (lib/section/section.h); may wait for another thread that does
 * the same.
 *
 * \param bytes rounded up to pages, less than 2 MiB
 * \return why there is no memory, or no slot; what was got before stays for the next call
 */
errval_t arena_alloc(size_t bytes, void **ret);

/// RAM that the arena has taken, with its page tables.
size_t arena_bytes(void);

#endif
