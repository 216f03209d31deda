/**
 * Page tables, and the conformance suite of the axis `shadow`, on `tree`.
 *
 * Sources:  lib/paging/pieces.c
 * Sources:  lib/paging/tables.c lib/paging/shadow/tree.c tests/host/fake_caps.c tests/host/page_runs.c
 * Includes: lib
 */
#include "tables_suite.h"
