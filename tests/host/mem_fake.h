/**
 * What the memory server stands on, as a map of pages and a table of slots: RAM, capabilities of it, and the
 * kernel's revoking of them in steps; there is no other core to borrow from. Any of its calls that can fail
 * can be made to.
 */
#ifndef TEST_MEM_FAKE_H
#define TEST_MEM_FAKE_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>

#define MEM_FAKE_BASE  0x40000000UL
#define MEM_FAKE_PAGES 0x2000

extern struct mem_fake {
    unsigned fail_in;      ///< The so-many-th call that can fail does; 0: none.
    unsigned revoke_steps; ///< That a revoke takes.
    unsigned slots_used;
    genpaddr_t exported; ///< A page that other cores have capabilities of; 0: none.
} mem_fake;

void mem_fake_reset(void);

/// Bytes that are free in the allocator.
gensize_t mem_fake_free_bytes(void);

/// What a capability is of, which must be there. \return its rights
unsigned mem_fake_look(struct capref cap, genpaddr_t *base, gensize_t *bytes);

/// True if any capability of some of this memory is there.
bool mem_fake_has_caps(genpaddr_t base, gensize_t bytes);

/// Takes the capability of a slot that the server gave away out of it: it is the client's then.
void mem_fake_give(struct capref cap);

#endif
