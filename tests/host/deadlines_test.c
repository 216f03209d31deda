/**
 * Heaps of deadlines: random insertions and removals against an array; order, links, ranks, and that none is
 * lost.
 *
 * Sources: lib/collections/deadlines.c
 */
#include <check.h>
#include <lib/collections/deadlines.h>
#include <stdbool.h>
#include <stdlib.h>

#define NODES      300
#define SEEDS      200
#define OPERATIONS 800

static struct deadline nodes[NODES];
static bool present[NODES];

/// \return how many nodes the subtree has
static unsigned check(const struct deadline *node, const struct deadline *parent)
{
    if (!node) {
        return 0;
    }
    assert_ptr_equal(node->parent, parent);
    assert_true(present[node - nodes]);
    assert_true(!parent || parent->when <= node->when);
    const uint64_t left = node->left ? node->left->rank : 0, right = node->right ? node->right->rank : 0;
    assert_true(left >= right);
    assert_int_equal(node->rank, right + 1);
    return 1 + check(node->left, node) + check(node->right, node);
}

static void step(struct deadlines *heap, unsigned range)
{
    unsigned i = (unsigned)rand() % NODES;
    if (present[i]) {
        deadlines_remove(heap, &nodes[i]);
    } else {
        nodes[i].when = (unsigned)rand() % range;
        deadlines_insert(heap, &nodes[i]);
    }
    present[i] = !present[i];
}

static void random_operations(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < SEEDS; seed++) {
        struct deadlines heap = {0};
        unsigned count;
        srand(seed);
        for (unsigned i = 0; i < NODES; i++) {
            present[i] = false;
        }
        for (unsigned i = 0; i < OPERATIONS; i++) {
            step(&heap, seed % 3 == 0 ? 5 : 1000000);
            if (i % 16 == 0) {
                count = 0;
                for (unsigned k = 0; k < NODES; k++) {
                    count += present[k];
                }
                assert_int_equal(check(heap.first, NULL), count);
            }
        }
        // Taken out one after the other they come in order.
        uint64_t last = 0;
        while (heap.first) {
            struct deadline *first = heap.first;
            assert_true(first->when >= last);
            last = first->when;
            deadlines_remove(&heap, first);
            present[first - nodes] = false;
            check(heap.first, NULL);
        }
        for (unsigned k = 0; k < NODES; k++) {
            assert_false(present[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
