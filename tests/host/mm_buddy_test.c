/**
 * The conformance suite of the axis `alloc` on `buddy`.
 *
 * Sources:  lib/mm/ranges.c lib/mm/slab.c lib/collections/rb_tree.c
 * Sources:  lib/mm/strategy/buddy.c
 * Includes: lib
 */
#define MM_IS_BUDDY       1
#define MM_IS_LOGARITHMIC 1
#include "mm_suite.h"
