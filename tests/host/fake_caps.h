/**
 * The CSpace and the page tables of one domain, as the library sees them through its system calls: frames,
 * RAM, page tables and mappings in slots. Refuses what the kernel refuses, and fails the test where the
 * library does what it never should.
 */
#ifndef TEST_FAKE_CAPS_H
#define TEST_FAKE_CAPS_H

#include "page_runs.h"
#include <abi/captypes.h>
#include <abi/errno.h>
#include <aos/caddr.h>

#define FAKE_CNODES 64
#define FAKE_SLOTS  (FAKE_CNODES * L2_CNODE_SLOTS)

/// What is to go wrong, and how much there is.
extern struct fake_caps {
    unsigned refuse_map_in; ///< The so-many-th vnode_map from now on is refused; 0: none.
    unsigned slots_out;     ///< Slots that somebody has.
    unsigned caps;          ///< Slots that hold something.
} fake_caps;

/// Until the end of the block no other thread of the host is in here.
#define FAKE_CAPS_LOCKED \
    __attribute__((cleanup(fake_caps_unlock), unused)) const int fake_caps_locked = fake_caps_lock()
int fake_caps_lock(void);
void fake_caps_unlock(const int *locked);

/// An empty CSpace with a root page table in `cap_vroot`.
void fake_caps_reset(void);

/// Free slots; the test fails if there is none. A slot that is given back is empty.
struct capref fake_slots_take(size_t count);
void fake_slots_give(struct capref first, size_t count);
bool fake_slots_have(size_t count);

/// Puts a new object into an empty slot.
void fake_make_memory(struct capref dest, enum objtype type, genpaddr_t base, gensize_t bytes,
                      unsigned rights);
void fake_make_table(struct capref dest, enum objtype type);

/// True for a page table in which nothing is mapped, and that is not mapped.
bool fake_table_is_free(struct capref table);

/// True if this very copy is mapped.
bool fake_is_mapped(struct capref cap);

/// True if some frame has any of this memory.
bool fake_memory_is_used(genpaddr_t base, gensize_t bytes);

/// What is behind the addresses that a page table of level 0 translates.
void fake_walk(struct capref root, struct runs *runs);

#endif
