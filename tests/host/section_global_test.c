/**
 * Sections, and the conformance suite of the axis `lock`, on `global`.
 *
 * Sources:  lib/section/scheme/global.c lib/sync/spin/test_and_set.c tests/host/host_sync.c
 * Includes: lib
 */
#define _GNU_SOURCE // pthread_timedjoin_np
#include "section_suite.h"
