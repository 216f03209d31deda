/**
 * The domain's own address space, on the value `tree` of the axis `shadow`.
 *
 * Sources:  lib/paging/pieces.c
 * Sources:  lib/paging/paging.c lib/paging/region.c lib/paging/extents.c lib/paging/space.c
 * Sources:  lib/paging/regions.c lib/paging/tables.c lib/paging/shadow/tree.c lib/mm/slab.c
 * Sources:  lib/section/section.c lib/section/scheme/per_object.c lib/sync/spin/test_and_set.c
 * Sources:  tests/host/host_sync.c tests/host/fake_caps.c tests/host/fake_memory.c tests/host/page_runs.c
 * Includes: lib
 */
#include "space_suite.h"
