/**
 * The heap, and the conformance suite of the axis `heap`, on `k_and_r`.
 *
 * Sources:  lib/heap/strategy/k_and_r.c tests/host/host_sync.c
 * Includes: lib
 */
#define HEAP_JOINS 1
#include "heap_suite.h"
