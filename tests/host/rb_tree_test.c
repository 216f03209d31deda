/**
 * Red-black trees: random insertions and removals against an array; order, colours, heights and summaries.
 *
 * Sources:  lib/collections/rb_tree.c
 * Includes: lib
 */
#include <check.h>
#include <collections/rb_tree.h>
#include <stdlib.h>

#define KEYS       200
#define SEEDS      300
#define OPERATIONS 600

struct item {
    struct rb_node rb;
    unsigned key;
    unsigned most; ///< Largest value in the subtree.
    unsigned value;
};

static struct item items[KEYS];
static bool present[KEYS];

static bool update(struct rb_node *rb)
{
    struct item *item = (struct item *)rb;
    const unsigned before = item->most;
    item->most = item->value;
    for (unsigned side = 0; side < 2; side++) {
        const struct item *child = (const struct item *)rb->child[side];
        item->most = child && child->most > item->most ? child->most : item->most;
    }
    return item->most != before;
}

/// \return how many black nodes each path has; *next is the lowest key that may come
static unsigned check(const struct rb_node *rb, const struct rb_node *parent, unsigned *next)
{
    if (!rb) {
        return 1;
    }
    struct item *item = (struct item *)rb;
    assert_ptr_equal(rb->parent, parent);
    assert_false(rb->red && (!parent || parent->red));
    const unsigned low = check(rb->child[0], rb, next);
    for (; *next < item->key; (*next)++) {
        assert_false(present[*next]);
    }
    assert_int_equal(item->key, (*next)++);
    assert_true(present[item->key]);
    const unsigned high = check(rb->child[1], rb, next);
    assert_int_equal(low, high);
    assert_false(update(&item->rb)); // The summary was right.
    return low + !rb->red;
}

static void insert(struct rb_tree *tree, unsigned key)
{
    struct rb_node *parent = NULL;
    unsigned side = 0;
    for (struct rb_node *at = tree->root; at; at = at->child[side]) {
        parent = at;
        side = ((struct item *)at)->key < key;
    }
    items[key] = (struct item){.key = key, .value = (unsigned)random() % 1000};
    present[key] = true;
    rb_insert(tree, &items[key].rb, parent, side);
}

static void check_neighbours(struct rb_tree *tree)
{
    for (unsigned key = 0; key < KEYS; key++) {
        if (present[key]) {
            unsigned next = key + 1;
            while (next < KEYS && !present[next]) {
                next++;
            }
            assert_ptr_equal(rb_neighbour(tree, &items[key].rb, 1), next < KEYS ? &items[next].rb : NULL);
            if (next < KEYS) {
                assert_ptr_equal(rb_neighbour(tree, &items[next].rb, 0), &items[key].rb);
            }
        }
    }
}

static void test_random_operations(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        struct rb_tree tree = {.update = update};
        srandom(seed);
        const unsigned keys = 1 + (unsigned)random() % KEYS;
        for (unsigned i = 0; i < OPERATIONS; i++) {
            const unsigned key = (unsigned)random() % keys;
            if (!present[key]) {
                insert(&tree, key);
            } else if (random() % 3) {
                present[key] = false;
                rb_remove(&tree, &items[key].rb);
            } else {
                items[key].value = (unsigned)random() % 1000;
                rb_changed(&tree, &items[key].rb);
            }
            unsigned next = 0;
            check(tree.root, NULL, &next);
        }
        check_neighbours(&tree);
        for (unsigned key = 0; key < KEYS; key++) {
            present[key] = false;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
