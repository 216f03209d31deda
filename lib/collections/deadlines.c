#include <lib/collections/deadlines.h>
#include <stdbool.h>
#include <stddef.h>

static uint64_t rank_of(const struct deadline *node)
{
    return node ? node->rank : 0;
}

/// Makes a node's rank right again. \return whether it is another
static bool update(struct deadline *node)
{
    uint64_t before = node->rank;
    if (rank_of(node->left) < rank_of(node->right)) {
        struct deadline *left = node->left;
        node->left = node->right;
        node->right = left;
    }
    node->rank = rank_of(node->right) + 1;
    return node->rank != before;
}

/// Puts `node`, perhaps NULL, where a link of `parent` is.
static void attach(struct deadline **link, struct deadline *node, struct deadline *parent)
{
    *link = node;
    if (node) {
        node->parent = parent;
    }
}

/// One heap out of two, merging the ways to the right. \return its first, whose parent is `parent`
static struct deadline *merge(struct deadline *a, struct deadline *b, struct deadline *parent)
{
    struct deadline *first = NULL, *last = parent, **link = &first;
    while (a && b) {
        struct deadline *earlier = b->when < a->when ? b : a;
        b = earlier == a ? b : a;
        a = earlier->right;
        attach(link, earlier, last);
        last = earlier;
        link = &earlier->right;
    }
    attach(link, a ? a : b, last);
    for (; last != parent; last = last->parent) {
        update(last);
    }
    return first;
}

void deadlines_insert(struct deadlines *heap, struct deadline *deadline)
{
    deadline->left = NULL;
    deadline->right = NULL;
    deadline->rank = 1;
    heap->first = merge(heap->first, deadline, NULL);
}

void deadlines_remove(struct deadlines *heap, struct deadline *deadline)
{
    struct deadline *parent = deadline->parent;
    struct deadline *rest = merge(deadline->left, deadline->right, parent);
    if (!parent) {
        heap->first = rest;
    } else if (parent->left == deadline) {
        parent->left = rest;
    } else {
        parent->right = rest;
    }
    while (parent && update(parent)) {
        parent = parent->parent;
    }
}
