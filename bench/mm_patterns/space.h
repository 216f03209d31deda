/**
 * What the patterns of the suite `mm` allocate from: ranges of addresses that no capability stands behind.
 *
 * There is one space at a time; setting up takes the place of the one before.
 */
#ifndef MM_PATTERNS_SPACE_H
#define MM_PATTERNS_SPACE_H

#include <abi/errno.h>
#include <mm/ranges.h>

#define SPACE_BASE      0x1000000000UL ///< A multiple of more than any pattern takes.
#define SPACE_MOST_LIVE 1000000        ///< Blocks that live at once, at most.

struct block {
    genpaddr_t base;
    gensize_t bytes; ///< 0: not allocated.
};

struct space {
    struct ranges ranges;
    size_t gaps;     ///< That scattered.c has made, 0 in another pattern's space.
    uint32_t random; ///< The same sequence for every strategy.
};

extern struct space space;

/// Starts over with `pages` free pages in one region, and as many nodes as `blocks` live blocks take at most.
errval_t space_setup(size_t blocks, gensize_t pages);

uint32_t space_random(uint32_t limit);

/// \param pages 1 or more. If it fails, the block is not allocated.
errval_t block_allocate(struct block *block, gensize_t pages);

/// A block that is not allocated stays so.
errval_t block_release(struct block *block);

#endif
