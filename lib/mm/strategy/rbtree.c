/**
 * One red-black tree over all ranges, free and used, in the order of their addresses (document B, chapter 2).
 *
 * In a region free and used ranges take turns: neighbours in the same state become one. Each node knows of
 * its subtree the largest free range, and the largest power-of-two block at a multiple of its size, so that
 * an allocation goes straight down to the lowest range where it fits.
 *
 * For other alignments than a page or the size itself that is not enough: a range may be large enough and lie
 * badly. Where a search has found nothing, the nodes remember what they have not got, for one alignment,
 * until something below them becomes free. So a range is tried in vain once and not in every search, and
 * searches with one alignment take logarithmic time on average over operations. One with another alignment
 * than the last may look at every range that is large enough.
 */
#include <collections/rb_tree.h>
#include <mm/strategy/strategy.h>

/// A range of one region.
struct mm_node {
    struct rb_node rb; ///< First, so that one is the other.
    genpaddr_t base;
    gensize_t bytes;
    gensize_t largest;     ///< Bytes of the largest free range in the subtree.
    uint8_t largest_order; ///< 1 + order, in pages, of the largest aligned free block in it; 0: none.
    bool free;
    uint8_t bound_order;  ///< 1 + order of the alignment that bound_pages is about; 0: nothing is known.
    uint32_t bound_pages; ///< No more than this fits anywhere in the subtree at that alignment.
};

const size_t strategy_node_bytes = sizeof(struct mm_node);

static struct mm_node *node_of(struct rb_node *rb)
{
    return (struct mm_node *)rb;
}

static unsigned floor_order(gensize_t bytes)
{
    return 63 - (unsigned)__builtin_clzl(bytes >> BASE_PAGE_BITS);
}

/// How much fits in a range at a multiple of `alignment`, and where.
static gensize_t room(const struct mm_node *node, gensize_t alignment, genpaddr_t *at)
{
    gensize_t skipped = -node->base & (alignment - 1);
    *at = node->base + skipped;
    return node->free && skipped < node->bytes ? node->bytes - skipped : 0;
}

static bool fits(const struct mm_node *node, gensize_t bytes, gensize_t alignment, genpaddr_t *at)
{
    return bytes <= room(node, alignment, at);
}

/// 1 + order of the largest aligned block in a range: of half the range's size there always is one.
static unsigned block_order(const struct mm_node *node)
{
    unsigned order = floor_order(node->bytes);
    gensize_t block = BASE_PAGE_SIZE << order;
    genpaddr_t at;
    return fits(node, block, block, &at) ? order + 1 : order;
}

static bool update(struct rb_node *rb)
{
    struct mm_node *node = node_of(rb);
    gensize_t largest = node->free ? node->bytes : 0;
    unsigned largest_order = node->free ? block_order(node) : 0;
    for (unsigned side = 0; side < 2; side++) {
        const struct mm_node *child = node_of(rb->child[side]);
        if (child) {
            largest = child->largest > largest ? child->largest : largest;
            largest_order = child->largest_order > largest_order ? child->largest_order : largest_order;
        }
    }
    bool changed = largest != node->largest || largest_order != node->largest_order;
    node->largest = largest;
    node->largest_order = (uint8_t)largest_order;
    node->bound_order = 0;
    return changed;
}

static struct rb_tree tree_of(struct ranges *ranges)
{
    return (struct rb_tree){.root = ranges->root ? &ranges->root->rb : NULL, .update = update};
}

static void tree_done(struct ranges *ranges, const struct rb_tree *tree)
{
    ranges->root = node_of(tree->root);
    ranges->visits += tree->steps;
}

/// A node's range is new or has other ends: if it is free, more may fit below every node above it.
static void forget_bounds(struct ranges *ranges, struct mm_node *node)
{
    if (!ranges->remembers || !node->free) {
        return;
    }
    for (struct rb_node *at = &node->rb; at; at = at->parent) {
        RANGES_VISIT(ranges);
        node_of(at)->bound_order = 0;
    }
}

/// The caller knows that there is a node.
static void insert(struct ranges *ranges, struct rb_tree *tree, genpaddr_t base, gensize_t bytes, bool free)
{
    struct rb_node *parent = NULL;
    unsigned side = 0;
    for (struct rb_node *at = tree->root; at; at = at->child[side]) {
        RANGES_VISIT(ranges);
        parent = at;
        side = node_of(at)->base < base;
    }
    struct mm_node *node = slab_alloc(&ranges->nodes);
    *node = (struct mm_node){.base = base, .bytes = bytes, .free = free};
    rb_insert(tree, &node->rb, parent, side);
    forget_bounds(ranges, node);
}

static void discard(struct ranges *ranges, struct rb_tree *tree, struct mm_node *node)
{
    rb_remove(tree, &node->rb);
    slab_free(&ranges->nodes, node);
}

static void resize(struct ranges *ranges, struct rb_tree *tree, struct mm_node *node, genpaddr_t base,
                   genpaddr_t end)
{
    node->base = base;
    node->bytes = end - base;
    rb_changed(tree, &node->rb);
    forget_bounds(ranges, node);
}

/// A part of a node that changes its state, and the neighbours that it will then belong to.
struct change {
    struct mm_node *node, *prev, *next; ///< prev and next: NULL where nothing joins.
    genpaddr_t base, end;
    bool before, after; ///< Whether something of the node is left in front of the part, behind it.
};

static struct change plan(struct rb_tree *tree, const struct region *region, struct mm_node *node,
                          genpaddr_t base, gensize_t bytes)
{
    struct change change = {.node = node, .base = base, .end = base + bytes};
    change.before = base > node->base;
    change.after = change.end < node->base + node->bytes;
    // The next range of the same region is in the other state; that of another region is not joined.
    if (!change.before && base > region->base) {
        change.prev = node_of(rb_neighbour(tree, &node->rb, 0));
    }
    if (!change.after && change.end - region->base < region->bytes) {
        change.next = node_of(rb_neighbour(tree, &node->rb, 1));
    }
    return change;
}

static size_t nodes_needed(const struct change *change)
{
    if (change->before && change->after) {
        return 2;
    }
    return (change->before && !change->next) || (change->after && !change->prev);
}

static void carry_out(struct ranges *ranges, struct rb_tree *tree, const struct change *change)
{
    struct mm_node *node = change->node, *prev = change->prev, *next = change->next;
    genpaddr_t end = node->base + node->bytes;
    if (change->before) {
        resize(ranges, tree, node, node->base, change->base);
        if (change->after) {
            insert(ranges, tree, change->end, end - change->end, node->free);
        }
        if (next) {
            resize(ranges, tree, next, change->base, next->base + next->bytes);
        } else {
            insert(ranges, tree, change->base, change->end - change->base, !node->free);
        }
    } else if (change->after) {
        resize(ranges, tree, node, change->end, end);
        if (prev) {
            resize(ranges, tree, prev, prev->base, change->end);
        } else {
            insert(ranges, tree, change->base, change->end - change->base, !node->free);
        }
    } else if (prev) {
        genpaddr_t joined_end = next ? next->base + next->bytes : end;
        discard(ranges, tree, node);
        if (next) {
            discard(ranges, tree, next);
        }
        resize(ranges, tree, prev, prev->base, joined_end);
    } else if (next) {
        discard(ranges, tree, node);
        resize(ranges, tree, next, change->base, next->base + next->bytes);
    } else {
        node->free = !node->free;
        rb_changed(tree, &node->rb);
        forget_bounds(ranges, node);
    }
}

/// Changes part of a node if the nodes suffice.
static errval_t change_state(struct ranges *ranges, const struct region *region, struct mm_node *node,
                             genpaddr_t base, gensize_t bytes, bool only_check)
{
    struct rb_tree tree = tree_of(ranges);
    struct change change = plan(&tree, region, node, base, bytes);
    if (slab_freecount(&ranges->nodes) < nodes_needed(&change)) {
        return MM_ERR_NODES;
    }
    if (!only_check) {
        carry_out(ranges, &tree, &change);
    }
    tree_done(ranges, &tree);
    return SYS_ERR_OK;
}

/// The node that `address` lies in, which is in some region.
static struct mm_node *find(struct ranges *ranges, genpaddr_t address)
{
    struct mm_node *node = ranges->root;
    while (address - node->base >= node->bytes) {
        RANGES_VISIT(ranges);
        node = node_of(node->rb.child[address > node->base]);
    }
    return node;
}

/// Whether a subtree has a range this large, and an aligned block of this order.
static bool has(const struct mm_node *node, gensize_t bytes, unsigned order)
{
    return node && node->largest >= bytes && node->largest_order > order;
}

/// What an allocation needs.
struct request {
    gensize_t bytes;
    gensize_t alignment;
    unsigned order;      ///< Of an aligned block that there must be where it fits.
    uint8_t bound_order; ///< What a bound for this alignment is known by.
};

static struct request make_request(gensize_t bytes, gensize_t alignment)
{
    return (struct request){
        .bytes = bytes,
        .alignment = alignment,
        .order = floor_order(bytes < alignment ? bytes : alignment),
        .bound_order = (uint8_t)(1 + floor_order(alignment)),
    };
}

static bool may_fit(const struct mm_node *node, const struct request *request)
{
    return has(node, request->bytes, request->order)
           && (node->bound_order != request->bound_order
               || node->bound_pages >= request->bytes >> BASE_PAGE_BITS);
}

/// The most that a subtree may have in pages, where a request was not found.
static gensize_t bound(const struct mm_node *node, const struct request *request)
{
    if (!node) {
        return 0;
    }
    gensize_t less = node->largest < request->bytes ? node->largest : request->bytes - BASE_PAGE_SIZE;
    bool known = node->bound_order == request->bound_order && node->bound_pages < less >> BASE_PAGE_BITS;
    return known ? node->bound_pages : less >> BASE_PAGE_BITS;
}

/// A request fits nowhere in a node's subtree.
static void remember(struct ranges *ranges, struct mm_node *node, const struct request *request)
{
    genpaddr_t at;
    gensize_t most = room(node, request->alignment, &at) >> BASE_PAGE_BITS;
    for (unsigned side = 0; side < 2; side++) {
        gensize_t below = bound(node_of(node->rb.child[side]), request);
        most = below > most ? below : most;
    }
    if (most <= UINT32_MAX) {
        node->bound_order = request->bound_order;
        node->bound_pages = (uint32_t)most;
        ranges->remembers = true;
    }
}

/// The lowest range that has what is requested, at any alignment.
static struct mm_node *search(struct ranges *ranges, struct mm_node *node, const struct request *request)
{
    genpaddr_t at;
    if (!may_fit(node, request)) {
        return NULL;
    }
    RANGES_VISIT(ranges);
    struct mm_node *found = search(ranges, node_of(node->rb.child[0]), request);
    if (!found && fits(node, request->bytes, request->alignment, &at)) {
        found = node;
    }
    if (!found) {
        found = search(ranges, node_of(node->rb.child[1]), request);
    }
    if (!found) {
        remember(ranges, node, request);
    }
    return found;
}

/// The same for an alignment of one page, or a power of two at a multiple of itself: there what a node says
/// of its subtree is exact, and one path is walked.
static struct mm_node *walk(struct ranges *ranges, gensize_t bytes, gensize_t alignment)
{
    unsigned order = floor_order(alignment);
    struct mm_node *node = has(ranges->root, bytes, order) ? ranges->root : NULL;
    while (node) {
        struct mm_node *left = node_of(node->rb.child[0]);
        genpaddr_t at;
        RANGES_VISIT(ranges);
        if (has(left, bytes, order)) {
            node = left;
        } else if (fits(node, bytes, alignment, &at)) {
            break;
        } else {
            node = node_of(node->rb.child[1]);
        }
    }
    return node;
}

/// Where an allocation goes. \return NULL if it fits nowhere
static struct mm_node *find_fit(struct ranges *ranges, gensize_t bytes, gensize_t alignment)
{
    if (alignment == BASE_PAGE_SIZE || alignment == bytes) {
        return walk(ranges, bytes, alignment);
    }
    // This much has a fit wherever it begins.
    gensize_t enough = bytes + alignment - BASE_PAGE_SIZE;
    struct mm_node *node = enough > bytes ? walk(ranges, enough, BASE_PAGE_SIZE) : NULL;
    if (node) {
        return node;
    }
    struct request request = make_request(bytes, alignment);
    return search(ranges, ranges->root, &request);
}

size_t strategy_max_nodes(const struct ranges *ranges)
{
    (void)ranges;
    return 2;
}

errval_t strategy_add(struct ranges *ranges, struct region *region, bool free)
{
    if (slab_freecount(&ranges->nodes) == 0) {
        return MM_ERR_NODES;
    }
    struct rb_tree tree = tree_of(ranges);
    insert(ranges, &tree, region->base, region->bytes, free);
    tree_done(ranges, &tree);
    return SYS_ERR_OK;
}

void strategy_remove(struct ranges *ranges, struct region *region)
{
    struct rb_tree tree = tree_of(ranges);
    discard(ranges, &tree, find(ranges, region->base));
    tree_done(ranges, &tree);
}

void strategy_room(gensize_t *bytes, gensize_t *alignment)
{
    (void)bytes;
    (void)alignment;
}

errval_t strategy_alloc(struct ranges *ranges, gensize_t bytes, gensize_t alignment, genpaddr_t *base,
                        struct region **region)
{
    struct mm_node *node = find_fit(ranges, bytes, alignment);
    if (!node) {
        return MM_ERR_OUT_OF_MEMORY;
    }
    genpaddr_t at;
    fits(node, bytes, alignment, &at);
    *region = ranges_region(ranges, at, bytes);
    errval_t err = change_state(ranges, *region, node, at, bytes, false);
    if (err_is_ok(err)) {
        *base = at;
    }
    return err;
}

static errval_t free_or_check(struct ranges *ranges, const struct region *region, genpaddr_t base,
                              gensize_t bytes, bool only_check)
{
    struct mm_node *node = find(ranges, base);
    if (node->free || base - node->base + bytes > node->bytes) {
        return MM_ERR_DOUBLE_FREE; // What lies behind a used range in its region is free.
    }
    return change_state(ranges, region, node, base, bytes, only_check);
}

errval_t strategy_check_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    return free_or_check(ranges, region, base, bytes, true);
}

errval_t strategy_free(struct ranges *ranges, struct region *region, genpaddr_t base, gensize_t bytes)
{
    return free_or_check(ranges, region, base, bytes, false);
}
