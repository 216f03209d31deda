/**
 * The conformance suite of the axis `alloc` on `rbtree`.
 *
 * Sources:  lib/mm/ranges.c lib/mm/slab.c lib/collections/rb_tree.c lib/mm/strategy/rbtree.c
 * Includes: lib
 */
#define MM_IS_BUDDY       0
#define MM_IS_LOGARITHMIC 1
#include "mm_suite.h"
