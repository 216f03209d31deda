/**
 * RAM, slots and memory for nodes as lib/cap and the arena give them to the paging library. All of it is
 * counted, and can be wanting at random.
 */
#ifndef TEST_FAKE_MEMORY_H
#define TEST_FAKE_MEMORY_H

#include <abi/types.h>

#define FAKE_RAM_BASE  (1UL << 40)
#define FAKE_RAM_PAGES 4096

extern struct fake_memory {
    unsigned fail_permille; ///< Of all requests.
    unsigned failures;      ///< Requests that failed because of it, or of want.
    size_t ram_pages;       ///< In use by RAM capabilities,
    size_t tables;          ///< and page tables that there are.
} fake_memory;

void fake_memory_reset(void);

/// Frees what the arena has given, which nobody gives back.
void fake_arena_free(void);

#endif
