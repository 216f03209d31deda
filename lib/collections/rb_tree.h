/**
 * A red-black tree whose nodes lie inside what it orders, and that can keep a summary of each subtree.
 *
 * The order is the caller's: it walks down from `root` to the place of a new node. All functions take a
 * number of steps that is logarithmic in the number of nodes, and allocate nothing.
 */
#ifndef COLLECTIONS_RB_TREE_H
#define COLLECTIONS_RB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rb_node {
    struct rb_node *parent;
    struct rb_node *child[2]; ///< Lower and higher.
    bool red;
};

struct rb_tree {
    struct rb_node *root;
    /// Makes a node's summary from the node and the summaries of its children. \return whether it is another
    bool (*update)(struct rb_node *node);
    uint64_t steps; ///< Nodes visited on the way up, where the build counts them (RB_COUNT_STEPS).
};

/// Inserts a node as the child `side` of `parent`, which has none there; `parent` is NULL for the first node.
void rb_insert(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent, unsigned side);

void rb_remove(struct rb_tree *tree, struct rb_node *node);

/// What the summary of `node` is made of has changed: makes it again, and those above it as far as they
/// change.
void rb_changed(struct rb_tree *tree, struct rb_node *node);

/// The neighbour in the order: the next lower for side 0, the next higher for side 1, or NULL.
struct rb_node *rb_neighbour(struct rb_tree *tree, struct rb_node *node, unsigned side);

#endif
