/**
 * What a value of the axis `alloc` defines: how free ranges are kept, and which of them an allocation takes.
 *
 * lib/mm/ranges.c checks arguments and finds the region before it calls; a strategy counts no free bytes.
 * Each function that can fail must do so before it changes anything.
 */
#ifndef MM_STRATEGY_H
#define MM_STRATEGY_H

#include <mm/ranges.h>

/// Bytes of a `struct mm_node`, which each strategy defines for itself.
extern const size_t strategy_node_bytes;

/// How many nodes one call takes at most, of any function below, with these regions.
size_t strategy_max_nodes(const struct ranges *ranges);

/// Takes over a region, all of it free or all of it not, which no other operation knows yet. \return
/// SYS_ERR_OK or MM_ERR_NODES
errval_t strategy_add(struct ranges *ranges, struct region *region, bool free);

/// Takes a region out, all of which is free, or none. Takes no nodes.
void strategy_remove(struct ranges *ranges, struct region *region);

/// See ranges_room().
void strategy_room(gensize_t *bytes, gensize_t *alignment);

/// `bytes` is a multiple of the page, `alignment` a power of two of at least a page.
/// `region` is set to where the range lies. \return SYS_ERR_OK,
/// MM_ERR_OUT_OF_MEMORY or MM_ERR_NODES
errval_t strategy_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base,
                        struct region **region);

/// What strategy_free() would return.
errval_t strategy_check_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes);

/// The range lies in the region. \return SYS_ERR_OK, MM_ERR_DOUBLE_FREE or MM_ERR_NODES
errval_t strategy_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes);

#endif
