/**
 * Who wants to be woken when: a heap whose nodes lie inside what waits. The kernel keeps dispatchers in one,
 * a dispatcher its threads.
 *
 * It is a leftist heap (C. A. Crane, "Linear lists and priority queues as balanced binary trees", 1972): a
 * node's rank is the length of the shortest way down out of the tree, and that way goes to the right. So a
 * way to the right has at most logarithmically many nodes. All functions take a number of steps that is
 * logarithmic in the number of nodes, also the removal of any node, and allocate nothing.
 */
#ifndef COLLECTIONS_DEADLINES_H
#define COLLECTIONS_DEADLINES_H

#include <stdint.h>

struct deadline {
    uint64_t when; ///< Not changed while it is in the heap.
    struct deadline *parent;
    struct deadline *left;
    struct deadline *right;
    uint64_t rank;
};

/// All zero: empty.
struct deadlines {
    struct deadline *first; ///< The earliest, or NULL.
};

void deadlines_insert(struct deadlines *heap, struct deadline *deadline);
void deadlines_remove(struct deadlines *heap, struct deadline *deadline);

#endif
