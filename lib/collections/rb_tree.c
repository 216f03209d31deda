#include <collections/rb_tree.h>

#ifdef RB_COUNT_STEPS
#define COUNT_STEP(tree) ((tree)->steps++)
#else
#define COUNT_STEP(tree) ((void)(tree))
#endif

static bool is_red(const struct rb_node *node)
{
    return node && node->red;
}

/// Puts `new` where `old` hangs.
static void replace(struct rb_tree *tree, const struct rb_node *old, struct rb_node *new)
{
    if (!old->parent) {
        tree->root = new;
    } else {
        old->parent->child[old->parent->child[1] == old] = new;
    }
    if (new) {
        new->parent = old->parent;
    }
}

static void hang(struct rb_node *parent, unsigned side, struct rb_node *child)
{
    parent->child[side] = child;
    if (child) {
        child->parent = parent;
    }
}

/// Moves `node` down to `side`; its other child takes its place.
static void rotate(struct rb_tree *tree, struct rb_node *node, unsigned side)
{
    struct rb_node *up = node->child[!side];
    hang(node, !side, up->child[side]);
    replace(tree, node, up);
    hang(up, side, node);
    tree->update(node);
    tree->update(up);
}

void rb_changed(struct rb_tree *tree, struct rb_node *node)
{
    while (node && tree->update(node)) {
        COUNT_STEP(tree);
        node = node->parent;
    }
}

struct rb_node *rb_neighbour(struct rb_tree *tree, struct rb_node *node, unsigned side)
{
    if (node->child[side]) {
        for (node = node->child[side]; node->child[!side]; node = node->child[!side]) {
            COUNT_STEP(tree);
        }
        return node;
    }
    while (node->parent && node->parent->child[side] == node) {
        COUNT_STEP(tree);
        node = node->parent;
    }
    return node->parent;
}

void rb_insert(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent, unsigned side)
{
    *node = (struct rb_node){.parent = parent, .red = true};
    if (parent) {
        parent->child[side] = node;
    } else {
        tree->root = node;
    }
    tree->update(node);
    rb_changed(tree, parent);
    while (is_red(node->parent)) {
        struct rb_node *above = node->parent, *top = above->parent; // A red node is not the root.
        unsigned of_top = top->child[1] == above;
        struct rb_node *uncle = top->child[!of_top];
        COUNT_STEP(tree);
        if (is_red(uncle)) {
            above->red = uncle->red = false;
            top->red = true;
            node = top;
            continue;
        }
        if (above->child[!of_top] == node) {
            rotate(tree, above, of_top);
            above = node;
        }
        above->red = false;
        top->red = true;
        rotate(tree, top, !of_top);
        break;
    }
    tree->root->red = false;
}

/// Every path through `node`, a child of `parent`, has one black node too few.
static void add_black(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent)
{
    while (parent && !is_red(node)) {
        unsigned side = parent->child[0] != node;
        struct rb_node *sibling = parent->child[!side]; // Exists: its paths have a black node more.
        COUNT_STEP(tree);
        if (sibling->red) {
            sibling->red = false;
            parent->red = true;
            rotate(tree, parent, side);
            sibling = parent->child[!side];
        }
        if (!is_red(sibling->child[0]) && !is_red(sibling->child[1])) {
            sibling->red = true;
            node = parent;
            parent = node->parent;
            continue;
        }
        if (!is_red(sibling->child[!side])) {
            sibling->child[side]->red = false;
            sibling->red = true;
            rotate(tree, sibling, !side);
            sibling = parent->child[!side];
        }
        sibling->red = parent->red;
        parent->red = false;
        sibling->child[!side]->red = false;
        rotate(tree, parent, side);
        return;
    }
    if (node) {
        node->red = false;
    }
}

void rb_remove(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *rises, *parent; // What takes the place of the node that leaves its place, and where.
    bool lost_red;
    struct rb_node *next = NULL;
    if (node->child[0] && node->child[1]) {
        next = rb_neighbour(tree, node, 1);
        rises = next->child[1];
        lost_red = next->red;
        parent = next;
        if (next->parent != node) {
            parent = next->parent;
            replace(tree, next, rises);
            hang(next, 1, node->child[1]);
        }
        replace(tree, node, next);
        hang(next, 0, node->child[0]);
        next->red = node->red;
    } else {
        rises = node->child[0] ? node->child[0] : node->child[1];
        parent = node->parent;
        lost_red = node->red;
        replace(tree, node, rises);
    }
    rb_changed(tree, parent);
    if (next) {
        // Its summary was that of another place: whether it changed says nothing to those above.
        tree->update(next);
        rb_changed(tree, next->parent);
    }
    if (!lost_red) {
        add_black(tree, rises, parent);
    }
}
