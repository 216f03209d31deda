/**
 * Sections, and the conformance suite of the axis `lock`, on `per_object`.
 *
 * Sources:  lib/section/scheme/per_object.c lib/sync/spin/test_and_set.c tests/host/host_sync.c
 * Includes: lib
 */
#define _GNU_SOURCE // pthread_timedjoin_np
#include "section_suite.h"
