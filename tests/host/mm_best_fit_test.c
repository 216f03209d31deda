/**
 * The conformance suite of the axis `alloc` on `best_fit`.
 *
 * Sources:  lib/mm/ranges.c lib/mm/slab.c lib/collections/rb_tree.c
 * Sources:  lib/mm/free_list.c lib/mm/strategy/best_fit.c
 * Includes: lib
 */
#define MM_IS_BUDDY       0
#define MM_IS_LOGARITHMIC 0
#include "mm_suite.h"
