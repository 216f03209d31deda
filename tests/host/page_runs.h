/**
 * What an address space should hold, or does: runs of pages with consecutive memory and the same flags, by
 * address, as long as they can be. So two of them are equal if the same is behind every page.
 */
#ifndef TEST_PAGE_RUNS_H
#define TEST_PAGE_RUNS_H

#include <abi/types.h>

#define RUNS_MOST 4096

struct run {
    lvaddr_t base;
    size_t bytes;
    genpaddr_t physical;
    uint32_t flags; ///< VREGION_FLAGS_*
};

struct runs {
    size_t count;
    struct run run[RUNS_MOST];
};

/// Puts memory behind addresses that have none.
void runs_set(struct runs *runs, lvaddr_t base, size_t bytes, genpaddr_t physical, uint32_t flags);

void runs_clear(struct runs *runs, lvaddr_t base, size_t bytes);

/// As vnode_protect() does: whether the memory is cached stays as it is.
void runs_protect(struct runs *runs, lvaddr_t base, size_t bytes, uint32_t flags);

/// The first run with an address in the range, or NULL.
const struct run *runs_any(const struct runs *runs, lvaddr_t base, size_t bytes);

/// True if some page has any of this memory.
bool runs_have_memory(const struct runs *runs, genpaddr_t physical, size_t bytes);

/// Fails the test, and says where they differ.
void assert_runs_equal(const struct runs *actual, const struct runs *expected);

#endif
